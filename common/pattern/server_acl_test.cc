#include "common/pattern/server_acl.h"

#include <gtest/gtest.h>

#include "common/testing/vectors.h"

namespace parley::pattern {
namespace {

using json::Array;
using json::Object;

TEST(ServerAcls, WithoutAnEventEverybodyIsAllowed) {
  EXPECT_TRUE(ServerAcl().Allows("evil.test"));
}

TEST(ServerAcls, DenyWinsAndPortsDoNotCount) {
  const ServerAcl acl(Object{{"allow", Array{"*"}}, {"deny", Array{"*.evil.test", "bad.test"}}});
  EXPECT_TRUE(acl.Allows("good.test:8448"));
  EXPECT_FALSE(acl.Allows("a.evil.test:8448"));
  EXPECT_FALSE(acl.Allows("BAD.test"));
  EXPECT_FALSE(acl.Allows("not a server"));
}

TEST(ServerAcls, WithoutAnAllowListNobodyIsAllowed) {
  EXPECT_FALSE(ServerAcl(Object{}).Allows("good.test"));
  EXPECT_FALSE(ServerAcl(Object{{"allow", "*"}}).Allows("good.test"));
}

TEST(ServerAcls, MayRefuseIpLiterals) {
  const ServerAcl acl(Object{{"allow", Array{"*"}}, {"allow_ip_literals", false}});
  EXPECT_FALSE(acl.Allows("1.2.3.4:8448"));
  EXPECT_FALSE(acl.Allows("[::1]"));
  EXPECT_TRUE(acl.Allows("good.test"));
}

TEST(ServerAcls, AgreeWithTheSharedVectors) {
  const auto vectors = testing::LoadVectors("server_acl.jsonl");
  if (!vectors) GTEST_SKIP() << "no shared vectors (set PARLEY_SHARED)";
  for (const Object& vector : *vectors) {
    const Object* content = json::FindObject(vector, "acl");
    const ServerAcl acl = content ? ServerAcl(*content) : ServerAcl();
    EXPECT_EQ(acl.Allows(json::StringOr(vector, "server", "")),
              json::BoolOr(vector, "allowed", false))
        << json::Serialize(vector);
  }
}

}  // namespace
}  // namespace parley::pattern
