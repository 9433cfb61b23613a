#include "services/gateway/last_seen.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "parley/accounts/v1/accounts.parley.h"

namespace parley::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class Told final : public accounts::AccountsFake {
 public:
  absl::StatusOr<accounts::RecordSeenResponse> RecordSeen(
      const rpc::Call&, const accounts::RecordSeenRequest& request) override {
    devices.push_back(StrCat(request.requester().user_id(), " ", request.requester().device_id(),
                             " ", request.client().ip(), " ", request.client().user_agent()));
    return accounts::RecordSeenResponse();
  }

  std::vector<std::string> devices;
};

Requester By(const std::string& device_id, int64_t token_id) {
  return {.user = UserId::Trusted("@alice:a"), .device_id = device_id, .token_id = token_id};
}

http::Request From(const std::string& peer) {
  http::Request request;
  request.peer = peer;
  request.headers.Add("User-Agent", "test");
  return request;
}

TEST(LastSeen, TellsOfEachDeviceOnceAPeriod) {
  Told accounts;
  LastSeen last_seen(accounts);
  for (int i = 0; i < 100; ++i) last_seen.Seen(By("PHONE", 1), From("127.0.0.1"));
  last_seen.Seen(By("TABLET", 2), From("127.0.0.2"));
  EXPECT_THAT(accounts.devices, IsEmpty());
  last_seen.Tick();
  EXPECT_THAT(accounts.devices, UnorderedElementsAre("@alice:a PHONE 127.0.0.1 test",
                                                     "@alice:a TABLET 127.0.0.2 test"));
}

TEST(LastSeen, IsSilentOfDevicesThatAre) {
  Told accounts;
  LastSeen last_seen(accounts);
  last_seen.Seen(By("PHONE", 1), From("127.0.0.1"));
  last_seen.Tick();
  last_seen.Seen({}, From("127.0.0.1"));
  last_seen.Tick();
  EXPECT_THAT(accounts.devices, ElementsAre("@alice:a PHONE 127.0.0.1 test"));
}

}  // namespace
}  // namespace parley::gateway
