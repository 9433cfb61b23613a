#include "services/parleyctl/place.h"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "common/testing/temporary_folder.h"

namespace parley::ctl {
namespace {

class RpcTokenTest : public testing::Test {
 protected:
  void TearDown() override {
    unsetenv("PARLEY_RPC_TOKEN");
    unsetenv("PARLEY_RPC_TOKEN_FILE");
  }
};

TEST_F(RpcTokenTest, IsEmptyWhereNothingIsSet) {
  EXPECT_EQ(*RpcToken(), "");
}

TEST_F(RpcTokenTest, IsTheFirstLineOfItsFileUnlessItIsGivenItself) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/token";
  std::ofstream(path) << "hush\n";
  setenv("PARLEY_RPC_TOKEN_FILE", path.c_str(), 1);
  EXPECT_EQ(*RpcToken(), "hush");
  setenv("PARLEY_RPC_TOKEN", "other", 1);
  EXPECT_EQ(*RpcToken(), "other");
}

TEST_F(RpcTokenTest, SaysWhenItsFileIsNotThere) {
  setenv("PARLEY_RPC_TOKEN_FILE", "/nonexistent", 1);
  EXPECT_TRUE(absl::IsNotFound(RpcToken().status()));
}

}  // namespace
}  // namespace parley::ctl
