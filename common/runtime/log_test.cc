#include "common/runtime/log.h"

#include <gtest/gtest.h>

namespace parley::log {
namespace {

constexpr int64_t kNow = 1'700'000'000'123;

TEST(Log, WritesPlainLines) {
  EXPECT_EQ(FormatLine(Format::kPlain, Level::kInfo, kNow, "room loaded", {{"room", "!a:b"}, {"events", 3}}, "r1"),
            "2023-11-14T22:13:20.123Z info    room loaded room=!a:b events=3 request_id=r1");
}

TEST(Log, WritesJsonLines) {
  EXPECT_EQ(FormatLine(Format::kJson, Level::kError, kNow, "no", {{"why", "a \"b\""}}, ""),
            "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"error\",\"message\":\"no\",\"why\":\"a \\\"b\\\"\"}");
}

TEST(Log, LetsNoValueBeginALine) {
  const std::string line = FormatLine(Format::kPlain, Level::kInfo, kNow, "m", {{"name", "a\n2023 forged"}}, "");
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(Log, KnowsItsLevelsByName) {
  EXPECT_EQ(LevelFromName("warning"), Level::kWarning);
  EXPECT_EQ(LevelFromName("loud"), Level::kInfo);
}

TEST(Log, AddsTheRequestIdOfTheThread) {
  Init(Format::kPlain, Level::kInfo);
  testing::internal::CaptureStderr();
  {
    const RequestScope outer("outer");
    {
      const RequestScope inner("inner");
      Info("a");
    }
    Info("b");
  }
  Info("c");
  Debug("hidden");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("a request_id=inner\n"), std::string::npos);
  EXPECT_NE(text.find("b request_id=outer\n"), std::string::npos);
  EXPECT_NE(text.find("c\n"), std::string::npos);
  EXPECT_EQ(text.find("hidden"), std::string::npos);
}

}  // namespace
}  // namespace parley::log
