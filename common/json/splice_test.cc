#include "common/json/splice.h"

#include <gtest/gtest.h>

namespace parley::json {
namespace {

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  std::string out;
  Writer w(out);
  w.BeginObject().Key("a").Int(-1).Key("b").BeginArray().Raw("{\"x\":1}").String("q\"").EndArray();
  w.Key("c").BeginObject().EndObject().Key("d").Bool(true).Key("e").Null().Key("f").BeginArray();
  w.BeginArray().EndArray().BeginObject().EndObject().EndArray().EndObject();
  EXPECT_EQ(out, R"({"a":-1,"b":[{"x":1},"q\""],"c":{},"d":true,"e":null,"f":[[],{}]})");
}

TEST(JsonWriter, TakesValuesAndBareMembers) {
  std::string out;
  Writer w(out);
  w.BeginObject().Key("v").Add(Value(Array{1, "x"})).RawMembers("").RawMembers("\"r\":2,\"s\":3");
  w.Key("o").Add(Object{{"a", 1}}).EndObject();
  EXPECT_EQ(out, R"({"v":[1,"x"],"r":2,"s":3,"o":{"a":1}})");
}

TEST(JsonSplice, AddsAMemberToAnObject) {
  EXPECT_EQ(WithMember(R"({"a":1})", "b", "[2]"), R"({"a":1,"b":[2]})");
  EXPECT_EQ(WithMember("{}", "b", "2"), R"({"b":2})");
  EXPECT_EQ(WithMember("{ } ", "b", "2"), R"({ "b":2})");
}

}  // namespace
}  // namespace parley::json
