#include "common/store/sqlite/sqlite_store.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/testing/temporary_folder.h"

namespace parley::store {
namespace {

std::vector<Migration> Notes() {
  return {{.service = "notes",
           .number = 1,
           .tables = {{"notes",
                       {{"p"}, {"id", Type::kText}, {"stars"}, {"body", Type::kBytes, true}},
                       {"p", "id"},
                       {{"notes_by_stars", {"p", "stars"}}}}}}};
}

class SqliteStore : public testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    store_.reset();
    auto store = OpenSqlite({.path = folder_.path() + "/store.db"}, Notes());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  // "id=stars," of every note of partition 1, in key order.
  std::string Print() {
    std::string out;
    const auto status = store_->Read([&](Reader& reader) {
      return reader.Query("SELECT id, stars FROM notes WHERE p = $1 ORDER BY id", {1}, [&](const Row& row) {
        out += row.String(0) + "=" + std::to_string(row.Int(1)) + ",";
      });
    });
    EXPECT_TRUE(status.ok()) << status;
    return out;
  }

  static Batch Note(std::string_view id, int stars) {
    Batch batch;
    batch.Insert("notes", {{"p", 1}, {"id", id}, {"stars", stars}});
    return batch;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(SqliteStore, ReadsWhatWasCommittedAlsoAfterOpeningAgain) {
  ASSERT_TRUE(store_->Commit(Note("a", 3)).ok());
  EXPECT_EQ(Print(), "a=3,");
  Open();
  EXPECT_EQ(Print(), "a=3,");
}

}  // namespace
}  // namespace parley::store
