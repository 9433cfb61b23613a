#include "services/parley/config.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/load.h"
#include "common/config/print.h"
#include "services/parley/bus_choice.h"
#include "services/parley/targets.h"

namespace parley {
namespace {

using testing::HasSubstr;

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Options, AreAllOnTheReferencePage) {
  Config config;
  EXPECT_EQ(Read(PARLEY_SOURCE_DIR "/deploy/configuration.md"), config::PrintReference(OptionsOf(config)))
      << "write it anew: build/dev/bin/parley config reference > deploy/configuration.md";
}

TEST(Options, AreReadBackAsPrinted) {
  Config config, again;
  const std::string printed = config::PrintYaml(OptionsOf(config));
  ASSERT_TRUE(config::LoadYaml(OptionsOf(again), printed, "printed").ok());
  EXPECT_EQ(config::PrintYaml(OptionsOf(again)), printed);
}

TEST(Options, AcceptTheExampleForAPublicServer) {
  Config config;
  const absl::Status status = config::Load(OptionsOf(config), PARLEY_SOURCE_DIR "/deploy/parley.example.yaml");
  EXPECT_TRUE(status.ok()) << status;
}

TEST(Complete, LimitsRatesUnlessOnLoopback) {
  Config local;
  ASSERT_TRUE(Complete(local).ok());
  EXPECT_FALSE(local.gateway.rate_limits);
  Config open;
  open.listen.client = "0.0.0.0:8008";
  ASSERT_TRUE(Complete(open).ok());
  EXPECT_TRUE(open.gateway.rate_limits);
}

TEST(Complete, OpensRegistrationOnLoopbackOnly) {
  Config local;
  ASSERT_TRUE(Complete(local).ok());
  EXPECT_TRUE(local.accounts.open_registration);
  Config open;
  open.listen.metrics = "0.0.0.0:9008";
  ASSERT_TRUE(Complete(open).ok());
  EXPECT_FALSE(open.accounts.open_registration);
  open.open_registration = true;
  ASSERT_TRUE(Complete(open).ok());
  EXPECT_TRUE(open.accounts.open_registration);
}

TEST(Complete, NamesWhatIsWrong) {
  Config config;
  config.server_name = "not a name";
  EXPECT_THAT(Complete(config).message(), HasSubstr("server_name must be a host name"));
  config.server_name = "example.org";
  config.listen.client = "8008";
  EXPECT_THAT(Complete(config).message(), HasSubstr("listen.client must be an address and a port"));
}

TEST(ParseEndpoint, TakesIpv6InBrackets) {
  const auto endpoint = ParseEndpoint("[::1]:80");
  ASSERT_TRUE(endpoint.ok());
  EXPECT_EQ(endpoint->host, "::1");
  EXPECT_TRUE(endpoint->is_loopback());
}

TEST(Targets, AreAllByDefault) { EXPECT_TRUE(Targets::Parse("")->all()); }

TEST(Targets, AreNamed) {
  const auto targets = Targets::Parse("events,accounts");
  ASSERT_TRUE(targets.ok());
  EXPECT_TRUE(targets->Has("events"));
  EXPECT_FALSE(targets->Has("gateway"));
  EXPECT_THAT(Targets::Parse("event").status().message(), HasSubstr("no service `event`"));
}

TEST(MakeBus, RefusesWhatItDoesNotKnowWithoutShowingIt) {
  Config::Bus config;
  config.url = "http://user:hush@host";
  const auto bus = MakeBus(config);
  EXPECT_THAT(bus.status().message(), HasSubstr("bus.url must be"));
  EXPECT_THAT(bus.status().message(), testing::Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace parley
