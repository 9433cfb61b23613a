#include "services/parley/doctor/doctor.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/base/rng.h"
#include "common/crypto/sign.h"
#include "common/testing/temporary_folder.h"
#include "services/parley/doctor/checks.h"

namespace parley::doctor {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// What one check says.
template <class Check, class... Arguments>
std::string Said(Check check, const Arguments&... arguments) {
  std::ostringstream out;
  Report report(out);
  check(arguments..., report);
  return out.str();
}

class Key : public testing::Test {
 protected:
  Key() { config_.signing_key_path = folder_.path() + "/signing.key"; }

  void Write(const std::string& text, mode_t mode) {
    std::ofstream(config_.signing_key_path) << text;
    chmod(config_.signing_key_path.c_str(), mode);
  }

  TemporaryFolder folder_;
  Config config_;
};

TEST_F(Key, IsGoodWhenItsOwnerAloneReadsIt) {
  Write(crypto::SigningKey::Generate(Rng::System()).ToFile(), 0600);
  EXPECT_THAT(Said(CheckSigningKey, config_), StartsWith("ok "));
}

TEST_F(Key, IsAFaultWhenOthersReadIt) {
  Write(crypto::SigningKey::Generate(Rng::System()).ToFile(), 0644);
  EXPECT_THAT(Said(CheckSigningKey, config_), HasSubstr("chmod 600 "));
}

TEST_F(Key, IsAFaultWhenItIsNone) {
  Write("something else", 0600);
  EXPECT_THAT(Said(CheckSigningKey, config_), StartsWith("BAD "));
}

TEST_F(Key, IsANoteBeforeTheFirstStart) {
  EXPECT_THAT(Said(CheckSigningKey, config_), StartsWith("note "));
}

TEST(Database, IsAFaultWhenAFailoverWouldLoseWhatWasAcknowledged) {
  EXPECT_THAT(Said(JudgeDatabase, DatabaseFacts{.standbys = 1}),
              HasSubstr("synchronous_standby_names"));
  EXPECT_THAT(Said(JudgeDatabase, DatabaseFacts{.standbys = 2, .synchronous_standbys = 1}),
              StartsWith("ok "));
  EXPECT_THAT(Said(JudgeDatabase, DatabaseFacts{}), StartsWith("note "));
}

TEST(Clock, MayBeOffByLittle) {
  EXPECT_THAT(Said(JudgeClock, absl::Milliseconds(-900), "x"), StartsWith("ok "));
  EXPECT_THAT(Said(JudgeClock, absl::Seconds(5), "x"), StartsWith("note "));
  EXPECT_THAT(Said(JudgeClock, absl::Seconds(-90), "x"), HasSubstr("1m30s behind ours"));
}

TEST(TurnUri, IsTakenApart) {
  const auto plain = ParseTurnUri("turn:turn.example.org");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->host, "turn.example.org");
  EXPECT_EQ(plain->port, 3478);
  EXPECT_TRUE(plain->udp);
  const auto tls = ParseTurnUri("turns:[2001:db8::1]:443?transport=tcp");
  ASSERT_TRUE(tls.ok());
  EXPECT_EQ(tls->host, "2001:db8::1");
  EXPECT_EQ(tls->port, 443);
  EXPECT_TRUE(tls->tls);
  EXPECT_FALSE(tls->udp);
}

TEST(TurnUri, IsRefusedWhenItIsNone) {
  for (const char* text : {"", "turn:", "stun:a", "turn:a:99999", "turn:a?transport=sctp"}) {
    EXPECT_FALSE(ParseTurnUri(text).ok()) << text;
  }
}

TEST(Doctor, SaysWhatToDoAboutADeploymentThatNobodyReaches) {
  TemporaryFolder folder;
  Config config;
  config.server_name = "127.0.0.1:1";
  config.data_dir = folder.path();
  config.signing_key_path = folder.path() + "/signing.key";
  config.calls.turn_uris = {"turn:127.0.0.1:1?transport=tcp"};
  config.federation.notaries.clear();
  std::ostringstream out;
  EXPECT_EQ(Examine(config, out), 2) << out.str();
  EXPECT_THAT(out.str(), HasSubstr("other servers do not reach 127.0.0.1:1"));
  EXPECT_THAT(out.str(), HasSubstr("nothing answers at 127.0.0.1:1"));
}

}  // namespace
}  // namespace parley::doctor
