#include "services/parleyctl/keys.h"

#include <sys/file.h>

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "common/crypto/sign.h"
#include "common/federation/key_file.h"
#include "common/testing/manual_clock.h"
#include "common/testing/seeded_rng.h"
#include "common/testing/temporary_folder.h"

namespace parley::ctl {
namespace {

class RotateKeyTest : public ::testing::Test {
 protected:
  RotateKeyTest() {
    const auto key = crypto::SigningKey::Generate(rng_);
    std::ofstream(Path("signing.key")) << key.ToFile();
    first_ = key.id();
  }
  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }
  std::string Text(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(Path(name)).rdbuf();
    return text.str();
  }
  std::string CurrentId() const { return crypto::SigningKey::ParseFile(Text("signing.key"))->id(); }
  absl::Status Rotate() {
    std::ostringstream out;
    return RotateSigningKey(folder_.path(), "", clock_, rng_, out);
  }

  TemporaryFolder folder_;
  testing::ManualClock clock_;
  testing::SeededRng rng_;
  std::string first_;
};

TEST_F(RotateKeyTest, KeepsThePublicHalfOfEveryKeyOfBefore) {
  ASSERT_TRUE(Rotate().ok());
  const std::string second = CurrentId();
  EXPECT_NE(second, first_);
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(Rotate().ok());
  const auto old = federation::ParseOldKeys(Text("signing.key.old"));
  ASSERT_TRUE(old.ok()) << old.status();
  ASSERT_EQ(old->size(), 2u);
  EXPECT_EQ((*old)[0].key_id, first_);
  EXPECT_EQ((*old)[1].key_id, second);
  EXPECT_EQ(*(*old)[1].expired_ms - *(*old)[0].expired_ms, 5000);
}

TEST_F(RotateKeyTest, IsRefusedWhileAServerUsesTheFolder) {
  const int fd = open(Path("lock").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(flock(fd, LOCK_EX | LOCK_NB), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(Rotate()));
  EXPECT_EQ(CurrentId(), first_);
  close(fd);
  EXPECT_TRUE(Rotate().ok());
}

TEST_F(RotateKeyTest, AFileThatIsNoKeyStaysAsItIs) {
  std::ofstream(Path("signing.key")) << "nonsense";
  EXPECT_FALSE(Rotate().ok());
  EXPECT_EQ(Text("signing.key"), "nonsense");
}

}  // namespace
}  // namespace parley::ctl
