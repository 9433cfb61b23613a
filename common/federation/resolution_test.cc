#include "common/federation/resolution.h"

#include <gtest/gtest.h>

#include "common/testing/seeded_rng.h"

namespace parley::federation {
namespace {

using Step = Resolution::Step;

Resolution Begin(std::string_view name) {
  return *Resolution::Begin(name);
}

TEST(Resolution, AnIpLiteralIsReachedDirectly) {
  const Resolution v4 = Begin("192.0.2.1");
  ASSERT_EQ(v4.step(), Step::kDone);
  EXPECT_EQ(v4.route().targets, (std::vector<Target>{{"192.0.2.1", 8448}}));
  EXPECT_EQ(v4.route().host_header, "192.0.2.1");
  const Resolution v6 = Begin("[2001:db8::1]:7");
  ASSERT_EQ(v6.step(), Step::kDone);
  EXPECT_EQ(v6.route().targets, (std::vector<Target>{{"2001:db8::1", 7}}));
  EXPECT_EQ(v6.route().host_header, "[2001:db8::1]:7");
  EXPECT_EQ(v6.route().tls_name, "2001:db8::1");
}

TEST(Resolution, ANameWithAPortIsReachedDirectly) {
  const Resolution resolution = Begin("a.test:443");
  ASSERT_EQ(resolution.step(), Step::kDone);
  EXPECT_EQ(resolution.route().targets, (std::vector<Target>{{"a.test", 443}}));
  EXPECT_EQ(resolution.route().host_header, "a.test:443");
  EXPECT_EQ(resolution.route().tls_name, "a.test");
}

TEST(Resolution, FallsThroughToPort8448) {
  testing::SeededRng rng;
  Resolution resolution = Begin("a.test");
  ASSERT_EQ(resolution.step(), Step::kWellKnown);
  EXPECT_EQ(resolution.name(), "a.test");
  resolution.AnswerWellKnown(std::nullopt);
  ASSERT_EQ(resolution.step(), Step::kSrv);
  EXPECT_EQ(resolution.name(), "_matrix-fed._tcp.a.test");
  resolution.AnswerSrv({}, rng);
  ASSERT_EQ(resolution.step(), Step::kSrv);
  EXPECT_EQ(resolution.name(), "_matrix._tcp.a.test");
  resolution.AnswerSrv({}, rng);
  ASSERT_EQ(resolution.step(), Step::kDone);
  EXPECT_EQ(resolution.route().targets, (std::vector<Target>{{"a.test", 8448}}));
  EXPECT_EQ(resolution.route().host_header, "a.test");
}

TEST(Resolution, FollowsADelegationOnce) {
  testing::SeededRng rng;
  Resolution resolution = Begin("a.test");
  resolution.AnswerWellKnown("matrix.b.test");
  ASSERT_EQ(resolution.step(), Step::kSrv);
  EXPECT_EQ(resolution.name(), "_matrix-fed._tcp.matrix.b.test");
  resolution.AnswerSrv({{10, 0, 4443, "node.c.test"}}, rng);
  ASSERT_EQ(resolution.step(), Step::kDone);
  EXPECT_EQ(resolution.route().targets, (std::vector<Target>{{"node.c.test", 4443}}));
  EXPECT_EQ(resolution.route().host_header, "matrix.b.test");
  EXPECT_EQ(resolution.route().tls_name, "matrix.b.test");
}

TEST(Resolution, ADelegationMayNameAPort) {
  Resolution resolution = Begin("a.test");
  resolution.AnswerWellKnown("b.test:443");
  ASSERT_EQ(resolution.step(), Step::kDone);
  EXPECT_EQ(resolution.route().targets, (std::vector<Target>{{"b.test", 443}}));
  EXPECT_EQ(resolution.route().host_header, "b.test:443");
}

TEST(Resolution, ADelegationThatIsNoServerNameDoesNotCount) {
  for (const char* server : {"", "b.test:0", "b.test:99999", "https://b.test", "a b"}) {
    Resolution resolution = Begin("a.test");
    resolution.AnswerWellKnown(server);
    EXPECT_EQ(resolution.step(), Step::kSrv) << server;
    EXPECT_EQ(resolution.name(), "_matrix-fed._tcp.a.test") << server;
  }
}

TEST(Resolution, TriesRecordsByPriority) {
  testing::SeededRng rng;
  Resolution resolution = Begin("a.test");
  resolution.AnswerWellKnown(std::nullopt);
  resolution.AnswerSrv({{20, 0, 1, "late.test."}, {10, 5, 2, "first.test"}}, rng);
  EXPECT_EQ(resolution.route().targets, (std::vector<Target>{{"first.test", 2}, {"late.test", 1}}));
  EXPECT_EQ(resolution.route().tls_name, "a.test");
}

TEST(Resolution, RecordsThatLeadToNoNameDoNotCount) {
  testing::SeededRng rng;
  Resolution resolution = Begin("a.test");
  resolution.AnswerWellKnown(std::nullopt);
  resolution.AnswerSrv({{1, 0, 8448, "."}, {1, 0, 8448, "127.0.0.1"}, {1, 0, 0, "b.test"}}, rng);
  EXPECT_EQ(resolution.step(), Step::kSrv);
  EXPECT_EQ(resolution.name(), "_matrix._tcp.a.test");
}

TEST(Resolution, BoundsTheTargets) {
  testing::SeededRng rng;
  Resolution resolution = Begin("a.test");
  resolution.AnswerWellKnown(std::nullopt);
  resolution.AnswerSrv(std::vector<SrvRecord>(1000, {1, 65535, 1, "b.test"}), rng);
  EXPECT_EQ(resolution.route().targets.size(), 8u);
}

TEST(Resolution, RefusesWhatIsNoServerName) {
  for (const char* name : {"", "a b", "a.test:0", "a.test:70000", "a.test/x", "[::1"}) {
    EXPECT_FALSE(Resolution::Begin(name).ok()) << name;
  }
}

TEST(WellKnown, ReadsTheServer) {
  EXPECT_EQ(ReadWellKnown(R"({"m.server":"b.test:443"})"), "b.test:443");
  for (const char* body : {"", "[]", "{}", R"({"m.server":5})", R"({"m.server":"a b"})"}) {
    EXPECT_EQ(ReadWellKnown(body), std::nullopt) << body;
  }
}

}  // namespace
}  // namespace parley::federation
