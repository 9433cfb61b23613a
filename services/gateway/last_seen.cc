#include "services/gateway/last_seen.h"

#include <string>
#include <utility>

#include <absl/time/clock.h>

#include "parley/accounts/v1/accounts.parley.h"

namespace parley::gateway {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(5);
constexpr size_t kMaxAgentBytes = 255;

}  // namespace

void LastSeen::Seen(const Requester& requester, const http::Request& request) {
  if (requester.device_id.empty()) return;
  absl::MutexLock lock(&mutex_);
  if (devices_.contains(requester.token_id) || devices_.size() >= kMaxDevices) return;
  accounts::v1::RecordSeenRequest& seen = devices_[requester.token_id];
  *seen.mutable_requester() = requester.ToProto();
  seen.mutable_client()->set_ip(request.peer);
  seen.mutable_client()->set_user_agent(
      std::string(request.headers.Get("User-Agent").substr(0, kMaxAgentBytes)));
}

void LastSeen::Tick() {
  Devices seen;
  {
    absl::MutexLock lock(&mutex_);
    seen.swap(devices_);
  }
  for (const auto& [token, request] : seen) {
    accounts_.RecordSeen({.deadline = absl::Now() + kTimeout, .request_id = "last-seen"}, request)
        .IgnoreError();
  }
}

}  // namespace parley::gateway
