#include "common/store/copy.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/testing/postgres_server.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/store/tables.h"
#include "common/testing/temporary_folder.h"

namespace parley::store {
namespace {

using testing::HasSubstr;

std::vector<Migration> Notes() {
  return {{.service = "notes",
           .number = 1,
           .tables = {{"notes",
                       {{"p"}, {"id", Type::kText}, {"stars"}, {"body", Type::kBytes, true}},
                       {"p", "id"}}}},
          {.service = "notes", .number = 2, .columns = {{"notes", {"more", Type::kText, true}}}}};
}

Table NotesTable() {
  return TablesOf(Notes()).back();
}

// Texts with bytes that sort and compare badly elsewhere, NULLs, and the extremes of integers.
Batch Many(int from, int to) {
  Batch batch;
  for (int i = from; i < to; ++i) {
    const std::string id = StrCat(i % 3 == 0 ? "" : "é\xff", std::string(1, '\0'), "'\\", i);
    const int64_t stars = i % 2 ? INT64_MIN + i : INT64_MAX - i;
    const Value body = i % 5 ? Value(Bytes(std::string(i % 50, '\0'))) : Value();
    batch.Insert("notes", {{"p", i % 7}, {"id", id}, {"stars", stars}, {"body", body}});
  }
  return batch;
}

class StoreCopy : public testing::Test {
 protected:
  void SetUp() override {
    from_ = *OpenSqlite({.path = folder_.path() + "/store.db"}, Notes());
    options_.server = {.host = server_->host(), .database = "postgres", .user = "parley"};
    into_ = *postgres::Connection::Open(options_.server);
    ASSERT_TRUE(into_->Run("DROP SCHEMA public CASCADE").ok());
    ASSERT_TRUE(into_->Run("CREATE SCHEMA public").ok());
    to_ = *OpenPostgres(options_, Notes());
  }

  static void SetUpTestSuite() { server_ = new PostgresServer(); }
  static void TearDownTestSuite() { delete server_; }

  TableCopy Copy() { return TableCopy(table_, *from_, *to_, *into_); }
  TableSum Source() { return *SumOf(table_, *from_); }
  TableSum Target() { return *SumOf(table_, *to_); }

  static PostgresServer* server_;
  const TemporaryFolder folder_;
  const Table table_ = NotesTable();
  PostgresOptions options_;
  std::unique_ptr<Store> from_, to_;
  std::unique_ptr<postgres::Connection> into_;
};

PostgresServer* StoreCopy::server_ = nullptr;

absl::Status GoOn(int64_t) {
  return absl::OkStatus();
}

TEST_F(StoreCopy, BringsEveryRowAsItWas) {
  ASSERT_TRUE(from_->Commit(Many(0, 3500)).ok());
  TableCopy copy = Copy();
  EXPECT_EQ(*copy.Resume(), 3500);
  int64_t rows = 0;
  EXPECT_EQ(copy.Run([&](int64_t more) {
    rows += more;
    return absl::OkStatus();
  }),
            absl::OkStatus());
  EXPECT_EQ(rows, 3500);
  EXPECT_EQ(Target().rows, 3500);
  EXPECT_EQ(Source(), Target());
}

TEST_F(StoreCopy, OfAnEmptyTableIsEmpty) {
  TableCopy copy = Copy();
  EXPECT_EQ(*copy.Resume(), 0);
  EXPECT_EQ(copy.Run(GoOn), absl::OkStatus());
  EXPECT_EQ(Source(), Target());
}

TEST_F(StoreCopy, GoesOnWhereItWasBrokenOff) {
  ASSERT_TRUE(from_->Commit(Many(0, 3500)).ok());
  EXPECT_TRUE(absl::IsCancelled(Copy().Run([](int64_t) { return absl::CancelledError(""); })));
  const int64_t there = Target().rows;
  EXPECT_GT(there, 0);
  TableCopy again = Copy();
  EXPECT_EQ(*again.Resume(), 3500 - there);
  EXPECT_EQ(again.Run(GoOn), absl::OkStatus());
  EXPECT_EQ(Source(), Target());
}

TEST_F(StoreCopy, SetsRowsThatAreThereAlready) {
  ASSERT_TRUE(from_->Commit(Many(0, 10)).ok());
  ASSERT_TRUE(to_->Commit(Many(0, 5)).ok());
  EXPECT_EQ(Copy().Run(GoOn), absl::OkStatus());
  EXPECT_EQ(Source(), Target());
}

TEST_F(StoreCopy, RefusesATableWithRows) {
  EXPECT_EQ(Copy().ExpectEmpty(), absl::OkStatus());
  ASSERT_TRUE(to_->Commit(Many(0, 1)).ok());
  const absl::Status status = Copy().ExpectEmpty();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("its table notes has rows"));
}

TEST_F(StoreCopy, SumsTellAChangedALackingAndAMovedRow) {
  ASSERT_TRUE(from_->Commit(Many(0, 1500)).ok());
  ASSERT_TRUE(Copy().Run(GoOn).ok());
  for (const char* change : {"UPDATE notes SET more = 'x' WHERE p = 3 AND stars > 0",
                             "DELETE FROM notes WHERE p = 6 AND stars > 0",
                             "UPDATE notes SET p = 8 WHERE p = 0 AND stars > 0"}) {
    ASSERT_EQ(Source(), Target());
    ASSERT_EQ(into_->Run(change), absl::OkStatus());
    EXPECT_FALSE(Source() == Target()) << change;
    ASSERT_EQ(into_->Run("DELETE FROM notes"), absl::OkStatus());
    ASSERT_TRUE(Copy().Run(GoOn).ok());
  }
}

TEST_F(StoreCopy, CarriesTheStoresOwnTables) {
  ASSERT_TRUE(from_->TakeOver("notes", std::vector<Partition>{1, 2}).ok());
  ASSERT_TRUE(from_->Commit({}, Fence{"notes", 2, 1, 0, 7}).ok());
  for (const Table& table : TablesOf(Notes())) {
    EXPECT_EQ(TableCopy(table, *from_, *to_, *into_).Run(GoOn), absl::OkStatus()) << table.name;
    EXPECT_EQ(*SumOf(table, *from_), *SumOf(table, *to_)) << table.name;
  }
  EXPECT_EQ((*OpenPostgres(options_, Notes()))->incarnation(), from_->incarnation());
  const auto heads = *to_->TakeOver("notes", std::vector<Partition>{2});
  EXPECT_EQ(heads[0].epoch, 2);
  EXPECT_EQ(heads[0].head, 7);
}

}  // namespace
}  // namespace parley::store
