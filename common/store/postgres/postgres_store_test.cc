#include "common/store/postgres/postgres_store.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/store/postgres/testing/postgres_server.h"

namespace parley::store {
namespace {

std::vector<Migration> Notes() {
  return {
      {.service = "notes",
       .number = 1,
       .tables = {{"notes", {{"p"}, {"id", Type::kText}, {"body", Type::kText}}, {"p", "id"}}}}};
}

Batch Note(std::string_view id) {
  Batch batch;
  batch.Insert("notes", {{"p", 1}, {"id", id}, {"body", "b"}});
  return batch;
}

class Counts final : public Probe {
 public:
  void Refused(std::string_view why) override { unavailable += why == "unavailable"; }
  void ConnectFailed() override { ++connect_failures; }

  std::atomic<int> unavailable = 0;
  std::atomic<int> connect_failures = 0;
};

PostgresOptions On(const PostgresServer& server) {
  PostgresOptions options;
  options.server.host = server.host();
  options.server.database = "postgres";
  options.server.user = "parley";
  return options;
}

absl::StatusOr<std::string> Ids(Store& store) {
  std::string ids;
  const absl::Status status = store.Read([&](Reader& reader) {
    return reader.Query("SELECT id FROM notes WHERE p = $1 ORDER BY id", {1},
                        [&](const Row& row) { StrAppend(&ids, row.Text(0), " "); });
  });
  if (!status.ok()) return status;
  return ids;
}

// A commit whose answer got lost may have happened: then the next one finds the row.
absl::Status CommitWhenItIsBack(Store& store, std::string_view id) {
  const absl::Time end = absl::Now() + absl::Minutes(1);
  absl::Status status = store.Commit(Note(id));
  while (absl::IsUnavailable(status) && absl::Now() < end) status = store.Commit(Note(id));
  return absl::IsAlreadyExists(status) ? absl::OkStatus() : status;
}

TEST(PostgresStore, AnswersUnavailableWhileTheServerIsAwayAndGoesOnAfterwards) {
  PostgresServer server;
  Counts counts;
  auto store = *OpenPostgres(On(server), Notes(), counts);
  ASSERT_TRUE(store->Commit(Note("before")).ok());
  EXPECT_EQ(*Ids(*store), "before ");
  server.Kill();
  EXPECT_TRUE(absl::IsUnavailable(store->Commit(Note("during"))));
  EXPECT_TRUE(absl::IsUnavailable(Ids(*store).status()));
  EXPECT_EQ(counts.unavailable, 1);
  EXPECT_GT(counts.connect_failures, 0);
  server.Start();
  EXPECT_EQ(CommitWhenItIsBack(*store, "after"), absl::OkStatus());
  EXPECT_EQ(*Ids(*store), "after before ");
}

TEST(PostgresStore, ReadsOnWithoutAnErrorWhenTheServerWasRestarted) {
  PostgresServer server;
  auto store = *OpenPostgres(On(server), Notes());
  ASSERT_TRUE(store->Commit(Note("a")).ok());
  EXPECT_EQ(*Ids(*store), "a ");
  server.Kill();
  server.Start();
  EXPECT_EQ(*Ids(*store), "a ");
}

// The connection breaks in the middle of many commits: each outcome that was told is true.
TEST(PostgresStore, CommitsEachFencedBatchOnceWhenItsConnectionIsCut) {
  PostgresServer server;
  auto store = *OpenPostgres(On(server), Notes());
  const StreamState state = store->TakeOver("notes", {1})->front();
  constexpr int kCommits = 100;
  std::atomic<int> committed = 0;
  std::thread cutter([&] {
    for (int next = 0; committed < kCommits;) {
      if (committed < next) continue;
      next = committed + 5;
      server.Run("postgres",
                 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                 "WHERE application_name = 'parley' AND pid <> pg_backend_pid()");
    }
  });
  std::string expected;
  for (int i = 0; i < kCommits; ++i) {
    const std::string id = StrCat("n", 1000 + i);
    EXPECT_TRUE(
        store->Commit(Note(id), Fence{"notes", 1, state.epoch, state.head + i, state.head + i + 1})
            .ok());
    StrAppend(&expected, id, " ");
    ++committed;
  }
  cutter.join();
  EXPECT_EQ(*Ids(*store), expected);
}

TEST(PostgresStore, RefusesAServerThatMayForgetWhatItAcknowledged) {
  for (const std::string setting : {"fsync", "synchronous_commit"}) {
    PostgresServer server({setting + "=off"});
    const auto store = OpenPostgres(On(server), Notes());
    EXPECT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
    EXPECT_THAT(std::string(store.status().message()), testing::HasSubstr(setting + " = off"));
  }
}

TEST(PostgresStore, KeepsTextWithAnyByteInIt) {
  PostgresServer server;
  auto store = *OpenPostgres(On(server), Notes());
  const std::string id("\0\xff'\\x", 5);
  ASSERT_TRUE(store->Commit(Note(id)).ok());
  EXPECT_EQ(*Ids(*store), id + " ");
}

TEST(PostgresStore, CannotBeOpenedWhereNoServerIs) {
  PostgresOptions options;
  options.server.host = "/nonexistent";
  EXPECT_TRUE(absl::IsUnavailable(OpenPostgres(options, Notes()).status()));
}

TEST(PostgresStore, HasAnotherIncarnationAfterARestoredCopyWasGivenOne) {
  const PostgresServer server;
  const uint64_t before = (*OpenPostgres(On(server), Notes()))->incarnation();
  EXPECT_EQ((*OpenPostgres(On(server), Notes()))->incarnation(), before);
  ASSERT_EQ(RenewIncarnation(On(server).server), absl::OkStatus());
  EXPECT_NE((*OpenPostgres(On(server), Notes()))->incarnation(), before);
}

}  // namespace
}  // namespace parley::store
