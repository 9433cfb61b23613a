#include "common/store/postgres/merge.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/strings.h"

namespace parley::store::postgres {
namespace {

std::vector<Migration> Tables() {
  return {{.service = "t",
           .number = 1,
           .tables = {{"a", {{"p"}, {"k", Type::kText}, {"n"}}, {"p", "k"}},
                      {"b", {{"p"}, {"k", Type::kText}}, {"p", "k"}}}}};
}

// "a:3 b:1": the table of each statement and how many rows it has.
std::string Print(const std::vector<Batch>& batches) {
  const Schema schema(Tables());
  Merger merger(schema);
  for (const Batch& batch : batches) merger.Add(batch);
  std::string out;
  for (const MergedWrite& write : merger.writes()) {
    StrAppend(&out, write.shape->table, ":", write.columns.front().size(), " ");
  }
  return out;
}

Batch InsertA(std::string_view key) {
  Batch batch;
  batch.Insert("a", {{"p", 1}, {"k", key}, {"n", 1}});
  return batch;
}
Batch InsertB(std::string_view key) {
  Batch batch;
  batch.Insert("b", {{"p", 1}, {"k", key}});
  return batch;
}
Batch UpsertA(std::string_view key, int n) {
  Batch batch;
  batch.Upsert("a", {{"p", 1}, {"k", key}, {"n", n}});
  return batch;
}
Batch DeleteA(std::string_view key) {
  Batch batch;
  batch.Delete("a", {{"p", 1}, {"k", key}});
  return batch;
}

TEST(Merger, MakesOneStatementOfEachShape) {
  EXPECT_EQ(Print({InsertA("1"), InsertB("1"), InsertA("2"), InsertB("2"), InsertA("3")}),
            "a:3 b:2 ");
}

TEST(Merger, KeepsTheOrderOfWhatTouchesOneTable) {
  EXPECT_EQ(Print({InsertA("1"), DeleteA("1"), InsertB("1"), InsertA("1")}), "a:1 a:1 b:1 a:1 ");
}

TEST(Merger, WritesARowThatIsUpsertedTwiceAsItEndsUp) {
  const Schema schema(Tables());
  Merger merger(schema);
  const Batch first = UpsertA("1", 1), other = UpsertA("2", 5), second = UpsertA("1", 9);
  for (const Batch* batch : {&first, &other, &second}) merger.Add(*batch);
  ASSERT_EQ(merger.writes().size(), 1);
  const auto& numbers = merger.writes().front().columns[2];
  ASSERT_EQ(numbers.size(), 2);
  EXPECT_EQ(numbers[0]->integer(), 9);
  EXPECT_EQ(numbers[1]->integer(), 5);
}

TEST(Moves, JoinsTheFencesOfAGroupAndRefusesAGap) {
  Moves moves;
  EXPECT_TRUE(moves.Add({"s", 1, 7, 10, 11}));
  EXPECT_TRUE(moves.Add({"s", 1, 7, 11, 13}));
  EXPECT_TRUE(moves.Add({"s", 2, 7, 0, 1}));
  EXPECT_FALSE(moves.Add({"s", 1, 7, 14, 15}));
  EXPECT_FALSE(moves.Add({"s", 1, 8, 13, 14}));
  ASSERT_EQ(moves.all().size(), 2);
  EXPECT_EQ(moves.all().begin()->second.to, 13);
}

TEST(Schema, RefusesWhatDoesNotFit) {
  const Schema schema(Tables());
  EXPECT_TRUE(schema.Check(InsertA("1")).ok());
  Batch column, type, key;
  column.Insert("a", {{"p", 1}, {"nothing", 1}});
  type.Insert("a", {{"p", 1}, {"k", Bytes("1")}});
  key.Upsert("a", {{"p", 1}, {"n", 1}});
  for (const Batch* batch : {&column, &type, &key}) {
    EXPECT_TRUE(absl::IsInternal(schema.Check(*batch)));
  }
}

}  // namespace
}  // namespace parley::store::postgres
