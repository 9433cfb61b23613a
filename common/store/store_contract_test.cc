// What every engine promises.
#include "common/store/store.h"

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/testing/postgres_server.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/temporary_folder.h"

namespace parley::store {
namespace {

std::vector<Migration> Notes() {
  return {{.service = "notes",
           .number = 1,
           .tables = {{"notes",
                       {{"p"}, {"id", Type::kText}, {"stars"}, {"body", Type::kBytes, true}},
                       {"p", "id"},
                       {{"notes_by_stars", {"p", "stars"}}}},
                      {"notes_titles",
                       {{"p"}, {"n"}, {"title", Type::kText}},
                       {"p", "n"},
                       {{"notes_titles_unique", {"p", "title"}, true}}}}}};
}

// An engine under test: opens the store in `folder`, again and again.
struct Engine {
  std::string name;
  std::function<absl::StatusOr<std::unique_ptr<Store>>(const std::string& folder,
                                                       const std::vector<Migration>&)>
      open;
};

class StoreContract : public testing::TestWithParam<Engine> {
 protected:
  void SetUp() override { Reopen(); }

  absl::StatusOr<std::unique_ptr<Store>> OpenAnother(
      const std::vector<Migration>& migrations = Notes()) {
    return GetParam().open(folder_.path(), migrations);
  }

  void Reopen(const std::vector<Migration>& migrations = Notes()) {
    store_.reset();
    auto store = OpenAnother(migrations);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  // "id=stars " of every note of partition 1, in key order.
  std::string Print() { return Print(*store_); }
  static std::string Print(Store& store) {
    std::string out;
    const auto status = store.Read([&](Reader& reader) {
      return reader.Query(
          "SELECT id, stars FROM notes WHERE p = $1 ORDER BY id", {1},
          [&](const Row& row) { StrAppend(&out, row.Text(0), "=", row.Int(1), " "); });
    });
    EXPECT_TRUE(status.ok()) << status;
    return out;
  }

  static Batch Note(std::string_view id, int stars) {
    Batch batch;
    batch.Insert("notes", {{"p", 1}, {"id", id}, {"stars", stars}});
    return batch;
  }

  Fence FenceAt(int64_t old_head, int64_t new_head) {
    return {"notes", 1, state_.epoch, old_head, new_head};
  }
  void TakeOver() { state_ = store_->TakeOver("notes", {1})->front(); }

  int64_t Head() {
    int64_t head = -1;
    EXPECT_TRUE(store_
                    ->Read([&](Reader& reader) -> absl::Status {
                      PARLEY_TRY(const StreamState state, ReadStream(reader, "notes", 1));
                      head = state.head;
                      return absl::OkStatus();
                    })
                    .ok());
    return head;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
  StreamState state_;
};

TEST_P(StoreContract, ReadsWhatWasCommittedAlsoAfterOpeningAgain) {
  ASSERT_TRUE(store_->Commit(Note("a", 3)).ok());
  EXPECT_EQ(Print(), "a=3 ");
  Reopen();
  EXPECT_EQ(Print(), "a=3 ");
}

TEST_P(StoreContract, KeepsTextBytesIntegersAndNullAsTheyAre) {
  const std::string bytes("\0\xff\x80z", 4);
  Batch batch;
  batch.Insert("notes", {{"p", 1}, {"id", "ключ"}, {"stars", INT64_MIN}, {"body", Bytes(bytes)}});
  batch.Insert("notes", {{"p", 1}, {"id", ""}, {"stars", INT64_MAX}, {"body", nullptr}});
  batch.Insert("notes", {{"p", 1}, {"id", "z"}, {"stars", 0}, {"body", Bytes("")}});
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  std::vector<std::string> rows;
  ASSERT_TRUE(store_
                  ->Read([&](Reader& reader) {
                    return reader.Query(
                        "SELECT id, stars, body FROM notes WHERE p = $1 ORDER BY id", {1},
                        [&](const Row& row) {
                          rows.push_back(StrCat(row.Text(0), "|", row.Int(1), "|",
                                                row.IsNull(2) ? "null" : row.Text(2)));
                        });
                  })
                  .ok());
  EXPECT_EQ(rows, (std::vector<std::string>{StrCat("|", INT64_MAX, "|null"), "z|0|",
                                            StrCat("ключ|", INT64_MIN, "|", bytes)}));
}

TEST_P(StoreContract, RefusesTheWholeBatchWhenAnInsertMeetsARow) {
  ASSERT_TRUE(store_->Commit(Note("a", 3)).ok());
  Batch batch = Note("b", 1);
  batch.Append(Note("a", 9));
  EXPECT_TRUE(absl::IsAlreadyExists(store_->Commit(std::move(batch))));
  EXPECT_EQ(Print(), "a=3 ");
}

TEST_P(StoreContract, RefusesASecondRowInAUniqueIndex) {
  Batch batch;
  batch.Insert("notes_titles", {{"p", 1}, {"n", 1}, {"title", "same"}});
  ASSERT_TRUE(store_->Commit(batch).ok());
  Batch second;
  second.Insert("notes_titles", {{"p", 1}, {"n", 2}, {"title", "same"}});
  EXPECT_TRUE(absl::IsAlreadyExists(store_->Commit(std::move(second))));
  Batch elsewhere;
  elsewhere.Insert("notes_titles", {{"p", 2}, {"n", 1}, {"title", "same"}});
  EXPECT_TRUE(store_->Commit(std::move(elsewhere)).ok());
}

TEST_P(StoreContract, FailsOnlyTheGuiltyOfBatchesThatWereMerged) {
  ASSERT_TRUE(store_->Commit(Note("b", 0)).ok());
  std::string outcomes;
  const auto note = [&](absl::Status status) { outcomes += status.ok() ? "ok " : "no "; };
  for (const char* id : {"a", "b", "c", "b", "d"})
    ASSERT_TRUE(store_->Enqueue(Note(id, 1), std::nullopt, note).ok());
  ASSERT_TRUE(store_->Commit({}).ok());
  EXPECT_EQ(outcomes, "ok no ok no ok ");
  EXPECT_EQ(Print(), "a=1 b=0 c=1 d=1 ");
}

TEST_P(StoreContract, InsertOrIgnoreKeepsTheRowThatIsThere) {
  Batch batch = Note("a", 1);
  batch.InsertOrIgnore("notes", {{"p", 1}, {"id", "a"}, {"stars", 2}});
  batch.InsertOrIgnore("notes", {{"p", 1}, {"id", "b"}, {"stars", 2}});
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  EXPECT_EQ(Print(), "a=1 b=2 ");
}

TEST_P(StoreContract, UpsertSetsOnlyTheColumnsItNames) {
  Batch batch;
  batch.Insert("notes", {{"p", 1}, {"id", "a"}, {"stars", 1}, {"body", Bytes("kept")}});
  batch.Upsert("notes", {{"p", 1}, {"id", "a"}, {"stars", 2}});
  batch.Upsert("notes", {{"p", 1}, {"id", "b"}, {"stars", 3}});
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  EXPECT_EQ(Print(), "a=2 b=3 ");
  ASSERT_TRUE(store_
                  ->Read([&](Reader& reader) -> absl::Status {
                    PARLEY_TRY(const auto body,
                               reader.QueryString("SELECT body FROM notes WHERE p = $1 AND id = $2",
                                                  {1, "a"}));
                    EXPECT_EQ(body, "kept");
                    return absl::OkStatus();
                  })
                  .ok());
}

TEST_P(StoreContract, UpdateAndDeleteTouchTheRowsOfTheirKey) {
  Batch batch;
  batch.InsertRows("notes", {"p", "id", "stars"}, {1, "a", 1, 1, "b", 2, 1, "c", 3, 2, "a", 4});
  batch.Update("notes", {{"p", 1}, {"id", "a"}}, {{"stars", 10}, {"body", Bytes("x")}});
  batch.Update("notes", {{"p", 1}, {"id", "absent"}}, {{"stars", 11}});
  batch.Delete("notes", {{"p", 1}, {"id", "b"}});
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  EXPECT_EQ(Print(), "a=10 c=3 ");
  Batch prefix;
  prefix.Delete("notes", {{"p", 1}});
  ASSERT_TRUE(store_->Commit(std::move(prefix)).ok());
  EXPECT_EQ(Print(), "");
}

TEST_P(StoreContract, DeleteRangeTakesTheFirstAndLeavesTheLast) {
  Batch batch;
  batch.InsertRows("notes", {"p", "id", "stars"}, {1, "a", 1, 1, "b", 2, 1, "c", 3, 1, "d", 4});
  batch.DeleteRange("notes", {{"p", 1}}, "stars", 2, 4);
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  EXPECT_EQ(Print(), "a=1 d=4 ");
}

TEST_P(StoreContract, TellsOutcomesInTheOrderOfTheQueue) {
  std::vector<int> order;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(store_
                    ->Enqueue(Note(StrCat("n", i), i), std::nullopt,
                              [&order, i](absl::Status) { order.push_back(i); })
                    .ok());
  }
  ASSERT_TRUE(store_->Commit({}).ok());
  std::vector<int> expected(1000);
  for (int i = 0; i < 1000; ++i) expected[i] = i;
  EXPECT_EQ(order, expected);
}

TEST_P(StoreContract, ReadsOneSnapshotWhateverIsCommittedMeanwhile) {
  ASSERT_TRUE(store_->Commit(Note("a", 1)).ok());
  ASSERT_TRUE(store_
                  ->Read([&](Reader& reader) -> absl::Status {
                    PARLEY_TRY(const auto before,
                               reader.QueryInt("SELECT count(*) FROM notes WHERE p = $1", {1}));
                    std::thread([&] { EXPECT_TRUE(store_->Commit(Note("b", 2)).ok()); }).join();
                    PARLEY_TRY(const auto after,
                               reader.QueryInt("SELECT count(*) FROM notes WHERE p = $1", {1}));
                    EXPECT_EQ(before, after);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(Print(), "a=1 b=2 ");
}

TEST_P(StoreContract, QueriesInsideTheRowsOfAQuery) {
  Batch batch;
  batch.InsertRows("notes", {"p", "id", "stars"}, {1, "a", 1, 1, "b", 2});
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  constexpr std::string_view kAll = "SELECT id FROM notes WHERE p = $1 ORDER BY id";
  std::string pairs;
  ASSERT_TRUE(store_
                  ->Read([&](Reader& reader) {
                    return reader.Query(kAll, {1}, [&](const Row& outer) {
                      const std::string first = outer.String(0);
                      EXPECT_TRUE(reader
                                      .Query(kAll, {1},
                                             [&](const Row& inner) {
                                               StrAppend(&pairs, first, inner.Text(0), " ");
                                             })
                                      .ok());
                    });
                  })
                  .ok());
  EXPECT_EQ(pairs, "aa ab ba bb ");
}

TEST_P(StoreContract, TakesArgumentsByTheirNumber) {
  ASSERT_TRUE(store_->Commit(Note("a", 7)).ok());
  ASSERT_TRUE(
      store_
          ->Read([&](Reader& reader) -> absl::Status {
            PARLEY_TRY(
                const auto stars,
                reader.QueryInt(
                    "SELECT stars FROM notes WHERE id = $2 AND p = $1 AND (stars = $3 OR $3 = 0)",
                    {1, "a", 7}));
            EXPECT_EQ(stars, 7);
            return absl::OkStatus();
          })
          .ok());
}

TEST_P(StoreContract, AnswersInternalForSqlThatIsWrong) {
  EXPECT_TRUE(absl::IsInternal(store_->Read([&](Reader& reader) {
    return reader.Query("SELECT nothing FROM nowhere", {}, [](const Row&) {});
  })));
  EXPECT_TRUE(absl::IsInternal(store_->Read([&](Reader& reader) {
    return reader.Query("SELECT id FROM notes WHERE p = $1", {}, [](const Row&) {});
  })));
  EXPECT_EQ(Print(), "");
}

TEST_P(StoreContract, AnswersInternalForABatchThatDoesNotFitTheSchema) {
  Batch no_table;
  no_table.Insert("nowhere", {{"p", 1}});
  EXPECT_TRUE(absl::IsInternal(store_->Commit(std::move(no_table))));
  Batch wrong_type;
  wrong_type.Insert("notes", {{"p", 1}, {"id", "a"}, {"stars", "three"}});
  EXPECT_TRUE(absl::IsInternal(store_->Commit(std::move(wrong_type))));
  Batch missing;
  missing.Insert("notes", {{"p", 1}, {"id", "a"}});
  EXPECT_TRUE(absl::IsInternal(store_->Commit(std::move(missing))));
  EXPECT_EQ(Print(), "");
}

TEST_P(StoreContract, MovesTheHeadInTheTransactionOfTheBatch) {
  TakeOver();
  ASSERT_TRUE(store_->Commit(Note("a", 1), FenceAt(0, 1)).ok());
  EXPECT_EQ(Head(), 1);
  EXPECT_TRUE(absl::IsAlreadyExists(store_->Commit(Note("a", 2), FenceAt(1, 2))));
  EXPECT_EQ(Head(), 1);
}

TEST_P(StoreContract, WritesNothingWhenTheFenceDoesNotHold) {
  TakeOver();
  EXPECT_TRUE(absl::IsAborted(store_->Commit(Note("a", 1), FenceAt(5, 6))));
  EXPECT_EQ(Print(), "");
  EXPECT_EQ(Head(), 0);
}

TEST_P(StoreContract, AnotherOwnerOfThePartitionFencesTheFirstOut) {
  TakeOver();
  ASSERT_TRUE(store_->Commit(Note("a", 1), FenceAt(0, 1)).ok());
  auto other = OpenAnother();
  ASSERT_TRUE(other.ok()) << other.status();
  const StreamState taken = (*other)->TakeOver("notes", {1})->front();
  EXPECT_EQ(taken.head, 1);
  EXPECT_EQ(taken.epoch, state_.epoch + 1);
  EXPECT_TRUE(absl::IsAborted(store_->Commit(Note("b", 2), FenceAt(1, 2))));
  EXPECT_TRUE((*other)->Commit(Note("c", 3), Fence{"notes", 1, taken.epoch, 1, 2}).ok());
  EXPECT_EQ(Print(), "a=1 c=3 ");
}

TEST_P(StoreContract, FailsWhatWasBuiltOnAFailedBatch) {
  TakeOver();
  ASSERT_TRUE(store_->Commit(Note("a", 1)).ok());
  std::string outcomes;
  const auto note = [&](absl::Status status) {
    StrAppend(&outcomes, absl::StatusCodeToString(status.code()), " ");
  };
  ASSERT_TRUE(store_->Enqueue(Note("b", 1), FenceAt(0, 1), note).ok());
  ASSERT_TRUE(store_->Enqueue(Note("a", 9), FenceAt(1, 1), note).ok());  // takes no position
  ASSERT_TRUE(store_->Enqueue(Note("c", 1), FenceAt(1, 2), note).ok());
  ASSERT_TRUE(store_->Commit({}).ok());
  EXPECT_EQ(outcomes, "OK ALREADY_EXISTS ABORTED ");
  Fence next_chain = FenceAt(1, 2);
  next_chain.chain = 1;
  EXPECT_TRUE(absl::IsAborted(store_->Commit(Note("d", 1), FenceAt(1, 2))));
  EXPECT_TRUE(store_->Commit(Note("d", 1), next_chain).ok());
  EXPECT_EQ(Print(), "a=1 b=1 d=1 ");
}

TEST_P(StoreContract, CompletesWhatIsQueuedBeforeItCloses) {
  int done = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store_
                    ->Enqueue(Note(StrCat("n", i), 1), std::nullopt,
                              [&](absl::Status status) { done += status.ok(); })
                    .ok());
  }
  store_.reset();
  EXPECT_EQ(done, 100);
}

TEST_P(StoreContract, CommitsFromManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(store_->Commit(Note(StrCat(t, "-", i), 1)).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(store_
                  ->Read([&](Reader& reader) -> absl::Status {
                    PARLEY_TRY(const auto count,
                               reader.QueryInt("SELECT count(*) FROM notes WHERE p = $1", {1}));
                    EXPECT_EQ(count, 400);
                    return absl::OkStatus();
                  })
                  .ok());
}

TEST_P(StoreContract, KeepsItsIncarnationAndNeverSharesIt) {
  const uint64_t incarnation = store_->incarnation();
  Reopen();
  EXPECT_EQ(store_->incarnation(), incarnation);
  const TemporaryFolder elsewhere;
  EXPECT_NE((*GetParam().open(elsewhere.path(), Notes()))->incarnation(), incarnation);
}

TEST_P(StoreContract, AppliesWhatIsMissingOfTheMigrations) {
  ASSERT_TRUE(store_->Commit(Note("a", 1)).ok());
  auto migrations = Notes();
  migrations.push_back({.service = "notes",
                        .number = 2,
                        .tables = {{"notes_tags", {{"p"}, {"tag", Type::kText}}, {"p", "tag"}}},
                        .columns = {{"notes", {"color", Type::kText, true}}},
                        .indexes = {{"notes", {"notes_by_color", {"p", "color"}}}},
                        .statements = {"UPDATE notes SET stars = stars + 1"}});
  Reopen(migrations);
  Batch batch;
  batch.Update("notes", {{"p", 1}, {"id", "a"}}, {{"color", "red"}});
  batch.Insert("notes_tags", {{"p", 1}, {"tag", "x"}});
  EXPECT_TRUE(store_->Commit(std::move(batch)).ok());
  EXPECT_EQ(Print(), "a=2 ");
  Reopen(migrations);
  EXPECT_EQ(Print(), "a=2 ");
}

TEST_P(StoreContract, RefusesAnOlderBinaryWithOneSentence) {
  auto migrations = Notes();
  migrations.push_back({.service = "notes", .number = 2});
  Reopen(migrations);
  store_.reset();
  const auto older = OpenAnother();
  ASSERT_TRUE(absl::IsFailedPrecondition(older.status())) << older.status();
  EXPECT_EQ(older.status().message(),
            "The store was written by a newer Parley (notes is at migration 2, this binary knows "
            "1): start that version, "
            "or restore a backup made by this one.");
}

TEST_P(StoreContract, RefusesATableWhosePrimaryKeyDoesNotBeginWithThePartition) {
  auto migrations = Notes();
  migrations.push_back(
      {.service = "other", .number = 1, .tables = {{"other", {{"id"}, {"p"}}, {"id", "p"}}}});
  EXPECT_TRUE(absl::IsInvalidArgument(OpenAnother(migrations).status()));
}

absl::StatusOr<std::unique_ptr<Store>> OpenInFile(const std::string& folder,
                                                  const std::vector<Migration>& migrations) {
  return OpenSqlite({.path = folder + "/store.db"}, migrations);
}

// One server for all tests of the process, one database for each folder.
absl::StatusOr<std::unique_ptr<Store>> OpenOnServer(const std::string& folder,
                                                    const std::vector<Migration>& migrations) {
  static PostgresServer server;
  static std::map<std::string, std::string> databases;
  const auto [database, is_new] = databases.try_emplace(folder, StrCat("d", databases.size()));
  if (is_new) server.CreateDatabase(database->second);
  PostgresOptions options;
  options.server = {.host = server.host(), .database = database->second, .user = "parley"};
  return OpenPostgres(options, migrations);
}

INSTANTIATE_TEST_SUITE_P(Engines, StoreContract,
                         testing::Values(Engine{"Sqlite", OpenInFile},
                                         Engine{"Postgres", OpenOnServer}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace parley::store
