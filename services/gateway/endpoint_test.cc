#include "services/gateway/endpoint.h"

#include <limits>

#include <gtest/gtest.h>

#include "common/http/uri.h"
#include "common/status/matrix_error.h"

namespace parley::gateway {
namespace {

RequestContext Make(const std::string& query, const std::string& body = "", PathParams params = {}) {
  http::Request request;
  request.query = *http::ParseQuery(query, 100);
  request.body = body;
  return RequestContext(std::move(request), std::move(params), {.user = UserId::Trusted("@alice:a"), .device_id = "A"}, {});
}

template <class T>
std::string ErrcodeOf(const absl::StatusOr<T>& result) {
  return result.ok() ? "" : FromStatus(result.status()).errcode;
}

TEST(RequestContext, ReadsIntegers) {
  const RequestContext context = Make("a=5&b=-7&c=abc&d=1.5&e=&f=1000000000000000000000000000000");
  EXPECT_EQ(*context.QueryInt("a", 1), 5);
  EXPECT_EQ(*context.QueryInt("b", 1), -7);
  EXPECT_EQ(*context.QueryInt("none", 1), 1);
  EXPECT_EQ(*context.QueryInt("f", 1), std::numeric_limits<int64_t>::max());
  for (const char* name : {"c", "d", "e"}) EXPECT_EQ(ErrcodeOf(context.QueryInt(name, 1)), "M_INVALID_PARAM") << name;
}

TEST(RequestContext, ReadsBooleans) {
  const RequestContext context = Make("a=true&b=false&c=maybe");
  EXPECT_TRUE(*context.QueryBool("a", false));
  EXPECT_FALSE(*context.QueryBool("b", true));
  EXPECT_TRUE(*context.QueryBool("none", true));
  EXPECT_EQ(ErrcodeOf(context.QueryBool("c", true)), "M_INVALID_PARAM");
}

TEST(RequestContext, GivesAllValuesOfAParameter) {
  const RequestContext context = Make("a=1&b=2&a=3");
  EXPECT_EQ(context.QueryAll("a"), (std::vector<std::string_view>{"1", "3"}));
  EXPECT_EQ(context.QueryOr("b", "x"), "2");
  EXPECT_EQ(context.QueryOr("c", "x"), "x");
}

TEST(RequestContext, ParsesTheBodyOnce) {
  RequestContext context = Make("", R"({"a":1})");
  const json::Object* const body = *context.Body();
  EXPECT_EQ(*context.Body(), body);
  EXPECT_EQ(json::IntOr(*body, "a", 0), 1);
}

TEST(RequestContext, SaysWhatIsWrongWithABody) {
  EXPECT_EQ(ErrcodeOf(Make("", "").Body()), "M_NOT_JSON");
  EXPECT_EQ(ErrcodeOf(Make("", "{").Body()), "M_NOT_JSON");
  EXPECT_EQ(ErrcodeOf(Make("", "[]").Body()), "M_BAD_JSON");
  EXPECT_EQ(ErrcodeOf(Make("", std::string(1000, '[')).Body()).substr(0, 2), "M_");
}

TEST(RequestContext, TakesAnAbsentBodyForAnEmptyOneWhereThatIsAllowed) {
  EXPECT_TRUE(Make("", "").BodyOrEmpty().ok());
  EXPECT_EQ(ErrcodeOf(Make("", "{").BodyOrEmpty()), "M_NOT_JSON");
}

TEST(RequestContext, ParsesIdsInThePath) {
  const RequestContext context = Make("", "", {{"userId", "@bob:a"}, {"me", "@alice:a"}, {"roomId", "nonsense"}});
  EXPECT_EQ(context.UserParam("userId")->str(), "@bob:a");
  EXPECT_EQ(context.OwnUserParam("me")->str(), "@alice:a");
  EXPECT_EQ(ErrcodeOf(context.OwnUserParam("userId")), "M_FORBIDDEN");
  EXPECT_EQ(ErrcodeOf(context.RoomParam("roomId")), "M_INVALID_PARAM");
}

TEST(BodyMembers, NameTheirErrors) {
  const json::Object body = *json::ParseObject(R"({"text":"a","number":5,"flag":true,"null":null})");
  EXPECT_EQ(*RequiredString(body, "text"), "a");
  EXPECT_EQ(ErrcodeOf(RequiredString(body, "none")), "M_MISSING_PARAM");
  EXPECT_EQ(ErrcodeOf(RequiredString(body, "number")), "M_BAD_JSON");
  EXPECT_EQ(*OptionalInt(body, "number"), 5);
  EXPECT_EQ(*OptionalInt(body, "none"), std::nullopt);
  EXPECT_EQ(ErrcodeOf(OptionalInt(body, "text")), "M_BAD_JSON");
  EXPECT_TRUE(*OptionalBool(body, "flag", false));
  EXPECT_EQ(ErrcodeOf(OptionalBool(body, "text", false)), "M_BAD_JSON");
}

}  // namespace
}  // namespace parley::gateway
