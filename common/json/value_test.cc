#include "common/json/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::json {
namespace {

TEST(JsonObject, FindsWhatWasSet) {
  Object object{{"a", 1}, {"b", "two"}};
  ASSERT_NE(object.Find("b"), nullptr);
  EXPECT_EQ(*object.Find("b")->AsString(), "two");
  EXPECT_EQ(object.Find("c"), nullptr);
}

TEST(JsonObject, SettingReplacesAndKeepsThePlace) {
  Object object{{"a", 1}, {"b", 2}};
  object.Set("a", 3);
  EXPECT_EQ(object.size(), 2u);
  EXPECT_EQ(object.begin()->second, Value(3));
}

TEST(JsonObject, ErasesOnce) {
  Object object{{"a", 1}};
  EXPECT_TRUE(object.Erase("a"));
  EXPECT_FALSE(object.Erase("a"));
  EXPECT_TRUE(object.empty());
}

TEST(JsonObject, AnInitializerWithAKeyTwiceKeepsTheLast) {
  const Object object{{"a", 1}, {"a", 2}};
  EXPECT_EQ(object.size(), 1u);
  EXPECT_EQ(IntOr(object, "a", 0), 2);
}

TEST(JsonValue, KnowsItsKind) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_TRUE(Value(true).is_bool());
  EXPECT_TRUE(Value(size_t{7}).is_int());
  EXPECT_TRUE(Value(1.5).is_double());
  EXPECT_TRUE(Value("x").is_string());
  EXPECT_TRUE(Value(Array{1, "a"}).is_array());
  EXPECT_TRUE(Value(Object{{"a", nullptr}}).is_object());
}

TEST(JsonValue, TakesNoPointerForABoolean) {
  EXPECT_FALSE((std::is_constructible_v<Value, const int*>));
}

TEST(JsonValue, EqualityIgnoresTheOrderOfMembersAndNotOfElements) {
  EXPECT_EQ(Value(Object{{"a", 1}, {"b", 2}}), Value(Object{{"b", 2}, {"a", 1}}));
  EXPECT_FALSE(Value(Object{{"a", 1}}) == Value(Object{{"a", 1}, {"b", 2}}));
  EXPECT_FALSE(Value(Array{1, 2}) == Value(Array{2, 1}));
  EXPECT_FALSE(Value(1) == Value(1.0));
  EXPECT_FALSE(Value(Object{}) == Value(Array{}));
}

TEST(JsonValue, TypedLookUpsFallBackOnAnotherKind) {
  const Object object{{"s", "text"}, {"i", 5}, {"b", true}, {"o", Object{}}, {"a", Array{}}};
  EXPECT_EQ(StringOr(object, "s", ""), "text");
  EXPECT_EQ(StringOr(object, "i", "none"), "none");
  EXPECT_EQ(IntOr(object, "i", 0), 5);
  EXPECT_EQ(IntOr(object, "s", -1), -1);
  EXPECT_TRUE(BoolOr(object, "b", false));
  EXPECT_TRUE(BoolOr(object, "missing", true));
  EXPECT_NE(FindObject(object, "o"), nullptr);
  EXPECT_EQ(FindObject(object, "a"), nullptr);
  EXPECT_NE(FindArray(object, "a"), nullptr);
}

TEST(JsonValue, CopiesAreDeep) {
  Value a(Object{{"x", Object{{"y", 1}}}});
  Value b = a;
  b.AsObject()->Find("x")->AsObject()->Set("y", 2);
  EXPECT_EQ(*a.Find("x")->Find("y")->AsInt(), 1);
}

TEST(JsonWrite, EscapesAsCanonicalJsonSays) {
  EXPECT_EQ(Quoted(std::string_view("a\"\\\b\f\n\r\t\0\x1f\x7f/é", 14)),
            "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\x7f/é\"");
}

TEST(JsonWrite, SortsKeysByCodePoint) {
  const Object object{{"\U00010000", 2}, {"\uffff", 1}, {"b", 3}, {"", 4}};
  EXPECT_EQ(Serialize(object), "{\"\":4,\"b\":3,\"\uffff\":1,\"\U00010000\":2}");
}

TEST(JsonWrite, WritesDoublesSoThatTheyReadBackTheSame) {
  for (const double number : {0.1, 1e21, -2.5, 1.7976931348623157e308}) {
    const auto back = Parse(Serialize(Value(number)));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, Value(number));
  }
}

}  // namespace
}  // namespace parley::json
