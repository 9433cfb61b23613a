#include <cstdio>
#include <fstream>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/load.h"
#include "common/config/nearest.h"
#include "common/config/print.h"

namespace parley::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Values {
  std::string server_name = "localhost";
  uint16_t port = 8008;
  bool enabled = true;
  std::optional<bool> registration;
  absl::Duration idle = absl::Minutes(5);
  size_t max_bytes = 50 << 20;
  double rate = 0.5;
  uint32_t partitions = 256;
  std::string format = "plain";
  std::vector<std::string> uris;
  std::string secret;
};

Table TableOf(Values& v) {
  return Table({
      {"server_name", &v.server_name, "Our name."},
      {"partitions", &v.partitions, "How many.", 1, 1024},
      {"listen.port", &v.port, "Where."},
      {"presence.enabled", &v.enabled, "Whether."},
      {"presence.idle_timeout", &v.idle, "When."},
      {"presence.rate", &v.rate, "How often."},
      {"registration.enabled", &v.registration, "Whether anyone may."},
      {"limits.max_bytes", &v.max_bytes, "How large."},
      {.name = "log.format", .target = &v.format, .text = "How.", .choices = {"plain", "json"}},
      {"turn.uris", &v.uris, "Where calls go."},
      {.name = "turn.secret", .target = &v.secret, .text = "What for.", .secret = true},
  });
}

std::string Refusal(const std::string& yaml) {
  Values values;
  return std::string(LoadYaml(TableOf(values), yaml, "parley.yaml").message());
}

TEST(Config, ReadsEveryType) {
  Values v;
  const absl::Status status = LoadYaml(TableOf(v), R"(
server_name: example.org
partitions: 16
listen: {port: 9000}
presence: {enabled: false, idle_timeout: 90s, rate: 2.5}
registration: {enabled: true}
limits: {max_bytes: 64K}
log: {format: json}
turn: {uris: ["turn:a", "turn:b"], secret: hush}
)", "parley.yaml");
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(v.server_name, "example.org");
  EXPECT_EQ(v.partitions, 16u);
  EXPECT_EQ(v.port, 9000);
  EXPECT_FALSE(v.enabled);
  EXPECT_EQ(v.idle, absl::Seconds(90));
  EXPECT_EQ(v.rate, 2.5);
  EXPECT_EQ(v.registration, true);
  EXPECT_EQ(v.max_bytes, 64u << 10);
  EXPECT_EQ(v.format, "json");
  EXPECT_THAT(v.uris, ElementsAre("turn:a", "turn:b"));
  EXPECT_EQ(v.secret, "hush");
}

TEST(Config, AcceptsAnEmptyFile) { EXPECT_EQ(Refusal(""), ""); }

TEST(Config, NamesLineAndNearestKeyOfAnUnknownOne) {
  EXPECT_EQ(Refusal("server_name: a\npresence:\n  idle_timout: 5m\n"),
            "parley.yaml line 3: unknown key `presence.idle_timout`; the nearest is `presence.idle_timeout`");
}

TEST(Config, NamesLineAndWantOfAWrongType) {
  EXPECT_EQ(Refusal("presence:\n  idle_timeout: soon\n"),
            "parley.yaml line 2: presence.idle_timeout must be a duration such as 500ms, 30s, 5m, 2h or 7d, not `soon`");
  EXPECT_THAT(Refusal("listen: {port: 70000}"), HasSubstr("listen.port must be a whole number"));
  EXPECT_THAT(Refusal("partitions: 0"), HasSubstr("at least 1, at most 1024, not `0`"));
  EXPECT_THAT(Refusal("log: {format: xml}"), HasSubstr("one of plain, json"));
  EXPECT_THAT(Refusal("presence: 5"), HasSubstr("a map of options is expected here"));
  EXPECT_THAT(Refusal("turn: {uris: {a: b}}"), HasSubstr("turn.uris must be a list of texts"));
  EXPECT_THAT(Refusal("server_name: [a]"), HasSubstr("server_name must be text"));
}

TEST(Config, RefusesWhatIsNoYaml) { EXPECT_THAT(Refusal("a: [b"), HasSubstr("parley.yaml line ")); }

TEST(Config, LetsTheEnvironmentOverride) {
  Values v;
  const std::map<std::string, std::string> environment = {
      {"PARLEY_SERVER_NAME", "env.example"}, {"PARLEY_PRESENCE_IDLE_TIMEOUT", "1m"}, {"PARLEY_TURN_URIS", "turn:a,turn:b"}};
  const auto get = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  ASSERT_TRUE(LoadEnvironment(TableOf(v), get).ok());
  EXPECT_EQ(v.server_name, "env.example");
  EXPECT_EQ(v.idle, absl::Minutes(1));
  EXPECT_THAT(v.uris, ElementsAre("turn:a", "turn:b"));
}

TEST(Config, NamesTheEnvironmentVariableThatIsWrong) {
  Values v;
  const auto get = [](const std::string& name) {
    return name == "PARLEY_PARTITIONS" ? std::optional<std::string>("many") : std::nullopt;
  };
  EXPECT_THAT(LoadEnvironment(TableOf(v), get).message(), HasSubstr("PARLEY_PARTITIONS: partitions must be"));
}

TEST(Config, ReadsASecretFromItsFile) {
  const std::string path = testing::TempDir() + "/config_test_secret";
  std::ofstream(path) << "hush\n";
  Values v;
  ASSERT_TRUE(LoadYaml(TableOf(v), "turn: {secret_file: " + path + "}", "parley.yaml").ok());
  EXPECT_EQ(v.secret, "hush");
  std::remove(path.c_str());
  EXPECT_THAT(Refusal("turn: {secret_file: " + path + "}"), HasSubstr("cannot read " + path));
}

TEST(Config, PrintsWhatItReadsBackAndNoSecret) {
  Values v;
  v.uris = {"turn:a"};
  v.secret = "hush";
  v.idle = absl::Hours(48);
  const std::string text = PrintYaml(TableOf(v));
  EXPECT_THAT(text, Not(HasSubstr("hush")));
  EXPECT_THAT(text, HasSubstr("presence:\n  # Whether.\n  enabled: true\n  # When.\n  idle_timeout: 2d\n"));
  Values again;
  ASSERT_TRUE(LoadYaml(TableOf(again), text, "printed").ok());
  EXPECT_EQ(PrintYaml(TableOf(again)), text);
}

TEST(Config, DescribesEachOptionOnTheReferencePage) {
  Values v;
  const std::string page = PrintReference(TableOf(v));
  EXPECT_THAT(page, HasSubstr("| `limits.max_bytes` | `50M` | a whole number (K, M and G may follow) | How large. |"));
  EXPECT_THAT(page, HasSubstr("`turn.secret`, `turn.secret_file`"));
}

TEST(Nearest, CountsEdits) { EXPECT_EQ(Nearest("presense", {"profile", "presence", "pre"}), "presence"); }

}  // namespace
}  // namespace parley::config
