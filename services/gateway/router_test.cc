#include "services/gateway/router.h"

#include <gtest/gtest.h>

#include "common/http/uri.h"

namespace parley::gateway {
namespace {

absl::StatusOr<HttpAnswer> Answer(RequestContext&) { return EmptyAnswer(); }

Router MakeRouter() {
  Router router;
  for (const auto& [method, path] : std::vector<std::pair<const char*, const char*>>{
           {"GET", "/_matrix/client/versions"},
           {"GET", "/_matrix/client/v3/rooms/{roomId}/state"},
           {"GET", "/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}"},
           {"PUT", "/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}"},
           {"GET", "/_matrix/client/v3/rooms/{room}/state/{type}"},
           {"GET", "/_matrix/client/v3/pushrules/"},
           {"GET", "/_matrix/client/v3/devices/{deviceId}"},
           {"GET", "/_matrix/client/v3/devices/own"},
           {"GET", "/_matrix/client/v3/{anything}/own/more"},
           {"GET", "/_matrix/client/unstable/devices/own"},
           {"GET", "/_matrix/media/v3/config"}}) {
    router.Add({.method = method, .path = path, .handler = Answer});
  }
  return router;
}

// "<template> <name>=<value>…", "404" or "405".
std::string Find(std::string_view method, std::string_view path) {
  static const Router router = MakeRouter();
  const Router::Match match = router.Find(method, *http::SplitPath(path));
  if (match.route == nullptr) return match.path_known ? "405" : "404";
  std::string text(match.route->path);
  for (auto param = match.params.rbegin(); param != match.params.rend(); ++param) {
    text.append(" ").append(param->first).append("=").append(param->second);
  }
  return text;
}

TEST(Router, FindsARouteAndItsDecodedParameters) {
  EXPECT_EQ(Find("GET", "/_matrix/client/v3/rooms/%21a%3Ab/state/m.x/k%2Fl"),
            "/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey} roomId=!a:b eventType=m.x stateKey=k/l");
  EXPECT_EQ(Find("GET", "/_matrix/client/v3/rooms/!a:b/state/m.x"),
            "/_matrix/client/v3/rooms/{room}/state/{type} room=!a:b type=m.x");
}

TEST(Router, LetsAParameterBeEmpty) {
  EXPECT_EQ(Find("PUT", "/_matrix/client/v3/rooms/!a/state/m.x/"),
            "/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey} roomId=!a eventType=m.x stateKey=");
}

TEST(Router, PrefersLiteralsAndGoesBackWhenTheyLeadNowhere) {
  EXPECT_EQ(Find("GET", "/_matrix/client/v3/devices/own"), "/_matrix/client/v3/devices/own");
  EXPECT_EQ(Find("GET", "/_matrix/client/v3/devices/own/more"), "/_matrix/client/v3/{anything}/own/more anything=devices");
}

TEST(Router, TellsAnUnknownPathFromAWrongMethod) {
  EXPECT_EQ(Find("GET", "/_matrix/client/v3/nope"), "404");
  EXPECT_EQ(Find("GET", "/_matrix/client/v3/rooms/!a"), "404");
  EXPECT_EQ(Find("GET", "/_matrix/client/v3//devices/x"), "404");
  EXPECT_EQ(Find("GET", "/_matrix/client/v99/devices/x"), "404");
  EXPECT_EQ(Find("GET", "/_matrix/client/v3/pushrules"), "404");
  EXPECT_EQ(Find("GET", "/_matrix%2Fclient%2Fversions"), "404");
  EXPECT_EQ(Find("DELETE", "/_matrix/client/v3/rooms/!a/state"), "405");
  EXPECT_EQ(Find("get", "/_matrix/client/versions"), "405");
}

TEST(Router, AnswersOldPrefixesUnlessARouteOfItsOwnStandsThere) {
  EXPECT_EQ(Find("GET", "/_matrix/client/r0/devices/own"), "/_matrix/client/v3/devices/own");
  EXPECT_EQ(Find("GET", "/_matrix/client/api/v1/devices/x"), "/_matrix/client/v3/devices/{deviceId} deviceId=x");
  EXPECT_EQ(Find("GET", "/_matrix/client/unstable/devices/own"), "/_matrix/client/unstable/devices/own");
  EXPECT_EQ(Find("GET", "/_matrix/media/r0/config"), "/_matrix/media/v3/config");
}

TEST(Router, TakesHeadForGet) {
  EXPECT_EQ(Find("HEAD", "/_matrix/client/versions"), "/_matrix/client/versions");
}

TEST(RouterDeathTest, RefusesTheSameRouteTwice) {
  Router router;
  router.Add({.method = "GET", .path = "/a", .handler = Answer});
  EXPECT_DEATH(router.Add({.method = "GET", .path = "/a", .handler = Answer}), "added twice");
}

}  // namespace
}  // namespace parley::gateway
