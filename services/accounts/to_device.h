#pragma once

#include <map>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/json/value.h"
#include "common/rpc/call.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"

namespace parley::federation {
class FederationService;
}

namespace parley::accounts {

// Messages between devices (Client-Server API, "Send-to-Device messaging"): each waits in the recipient's inbox until its
// device syncs with a token past it. An inbox is bounded (`max_inbox_messages`, `max_inbox_bytes`): of a device that stays
// away the oldest messages go, since what a device can do with old keys it can do without, but not without new ones; and a
// sender, who can't help it, is told of nothing.
//
// Threads: every method may be called from any.
class ToDevice {
 public:
  ToDevice(const Deps& deps, federation::FederationService& federation) : deps_(deps), federation_(federation) {}

  // To all devices named, "*" for all of a user's. A transaction that was sent before changes nothing. Devices that
  // don't exist are passed over. What one of our users sends to users of other servers is handed to `federation`; what
  // somebody of another server sends goes to our users alone.
  absl::Status Send(const rpc::Call& call, const v1::SendToDeviceRequest& request);
  // Those for users of partitions that this process owns.
  absl::Status Deliver(const v1::DeliverToDeviceRequest& request);

  struct Delivery {
    std::vector<std::string> events;
    // What the next sync may acknowledge.
    int64_t until = 0;
    bool more = false;
  };
  // What waits for the device behind `since`; what it has acknowledged so is removed.
  absl::StatusOr<Delivery> Read(LockedAccount& account, const std::string& device_id, int64_t since, uint32_t limit);

 private:
  // User → device (or "*") → content.
  using Messages = std::map<std::string, std::map<std::string, std::string>>;

  static absl::StatusOr<Messages> Parse(const json::Object& body);
  absl::Status SendToOthers(const rpc::Call& call, const v1::SendToDeviceRequest& request, const Messages& messages);
  absl::Status SendToOwn(const rpc::Call& call, const v1::SendToDeviceRequest& request, const Messages& messages);
  absl::StatusOr<std::vector<LockedAccount>> LockRecipients(const v1::DeliverToDeviceRequest& request);
  static void Note(Device& device, int64_t position, int64_t bytes);
  // Drops the oldest messages of an inbox that has outgrown its bounds, a tenth at once.
  absl::Status Trim(LockedAccount& account, const std::string& device_id, Device& device);
  absl::Status Acknowledge(LockedAccount& account, const std::string& device_id, Device& device, int64_t until);

  const Deps deps_;
  federation::FederationService& federation_;
};

}  // namespace parley::accounts
