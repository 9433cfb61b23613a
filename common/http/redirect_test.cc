#include "common/http/redirect.h"

#include <gtest/gtest.h>

namespace parley::http {
namespace {

ClientRequest Pointed(std::string_view location) {
  ClientRequest request{.host = "here.org", .port = 8448, .target = "/old"};
  return PointTo(location, request) ? request : ClientRequest{.host = "refused"};
}

TEST(PointTo, StaysOnTheHostForAPath) {
  const ClientRequest request = Pointed("/new?x=1");
  EXPECT_EQ(request.host, "here.org");
  EXPECT_EQ(request.port, 8448);
  EXPECT_EQ(request.target, "/new?x=1");
}

TEST(PointTo, GoesToAnHttpsUrl) {
  const ClientRequest request = Pointed("https://there.org/path");
  EXPECT_EQ(request.host, "there.org");
  EXPECT_EQ(request.port, 443);
  EXPECT_EQ(request.host_header, "there.org");
  EXPECT_EQ(request.target, "/path");
}

TEST(PointTo, TakesPortAndIpv6Literal) {
  const ClientRequest request = Pointed("https://[::1]:8448");
  EXPECT_EQ(request.host, "::1");
  EXPECT_EQ(request.port, 8448);
  EXPECT_EQ(request.host_header, "[::1]:8448");
  EXPECT_EQ(request.target, "/");
}

TEST(PointTo, RefusesWhatIsNotHttps) {
  for (const char* location : {"", "http://there.org/", "//there.org/", "there.org", "https://",
                               "https://a b/", "https://there.org:70000/", "ftp://there.org/"}) {
    EXPECT_EQ(Pointed(location).host, "refused") << location;
  }
}

}  // namespace
}  // namespace parley::http
