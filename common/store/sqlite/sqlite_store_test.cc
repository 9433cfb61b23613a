#include "common/store/sqlite/sqlite_store.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/store/sqlite/testing/forgetful_vfs.h"
#include "common/testing/temporary_folder.h"

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
  batch.Insert("notes", {{"p", 1}, {"id", id}, {"body", std::string(1000, 'b')}});
  return batch;
}

class Counts final : public Probe {
 public:
  void Committed(size_t batches, absl::Duration, size_t) override {
    committed += static_cast<int>(batches);
  }
  void Refused(std::string_view why) override { (why == "full" ? full : unavailable) += 1; }

  std::atomic<int> committed = 0;
  std::atomic<int> full = 0;
  std::atomic<int> unavailable = 0;
};

TEST(SqliteStore, AnswersUnavailableWhileTheDiskIsFullAndGoesOnAfterwards) {
  const TemporaryFolder folder;
  ForgetfulVfs vfs("full-disk");
  Counts counts;
  auto store =
      *OpenSqlite({.path = folder.path() + "/store.db", .vfs = vfs.name()}, Notes(), counts);
  ASSERT_TRUE(store->Commit(Note("before")).ok());
  vfs.SetFull(true);
  EXPECT_TRUE(absl::IsUnavailable(store->Commit(Note("during"))));
  EXPECT_TRUE(absl::IsUnavailable(store->Commit(Note("during"))));
  EXPECT_EQ(counts.unavailable, 2);
  vfs.SetFull(false);
  EXPECT_TRUE(store->Commit(Note("after")).ok());
  std::string ids;
  ASSERT_TRUE(store
                  ->Read([&](Reader& reader) {
                    return reader.Query("SELECT id FROM notes WHERE p = $1 ORDER BY id", {1},
                                        [&](const Row& row) { StrAppend(&ids, row.Text(0), " "); });
                  })
                  .ok());
  EXPECT_EQ(ids, "after before ");
}

TEST(SqliteStore, RefusesABatchWhenItsQueueIsFull) {
  const TemporaryFolder folder;
  Counts counts;
  auto store =
      *OpenSqlite({.path = folder.path() + "/store.db", .committer = {.max_queued_bytes = 100}},
                  Notes(), counts);
  bool called = false;
  EXPECT_TRUE(absl::IsResourceExhausted(
      store->Enqueue(Note("a"), std::nullopt, [&](absl::Status) { called = true; })));
  ASSERT_TRUE(store->Commit({}).ok());
  EXPECT_FALSE(called);
  EXPECT_EQ(counts.full, 1);
}

TEST(SqliteStore, HasAnotherIncarnationAfterARestoredCopyWasGivenOne) {
  const TemporaryFolder folder;
  const SqliteOptions options = {.path = folder.path() + "/store.db"};
  const uint64_t before = (*OpenSqlite(options, Notes()))->incarnation();
  ASSERT_TRUE(RenewIncarnation(options.path).ok());
  EXPECT_NE((*OpenSqlite(options, Notes()))->incarnation(), before);
}

TEST(SqliteStore, CannotBeOpenedWhereNoFileCanBe) {
  const auto store = OpenSqlite({.path = "/nonexistent/folder/store.db"}, Notes());
  EXPECT_TRUE(absl::IsUnavailable(store.status())) << store.status();
}

}  // namespace
}  // namespace parley::store
