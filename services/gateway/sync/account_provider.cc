#include "services/gateway/sync/account_provider.h"

#include "common/base/partition.h"
#include "common/status/macros.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/gateway/sync/room_mates.h"

namespace parley::gateway {
namespace {

using accounts::v1::ReadSinceRequest;
using accounts::v1::ReadSinceResponse;
using stream::StreamKind;

constexpr uint32_t kToDeviceLimit = 100;

int64_t AccountsSince(const SyncQuery& query, Partition partition) {
  return query.since ? query.since->Position(StreamKind::kAccounts, partition) : 0;
}

int64_t ToDeviceSince(const SyncQuery& query, Partition partition) {
  return query.since ? query.since->Position(StreamKind::kToDevice, partition) : 0;
}

std::shared_ptr<const UserSnapshot> UserFrom(ReadSinceResponse& response) {
  auto user = std::make_shared<UserSnapshot>();
  user->accounts_position = response.head();
  user->memberships.assign(std::make_move_iterator(response.mutable_memberships()->begin()),
                           std::make_move_iterator(response.mutable_memberships()->end()));
  user->push_rule_changes = std::move(*response.mutable_push_rule_changes());
  user->ignored_users.assign(response.ignored_users().begin(), response.ignored_users().end());
  return user;
}

std::shared_ptr<const DeviceSnapshot> DeviceFrom(const ReadSinceResponse& response,
                                                 int64_t to_device_acknowledged) {
  auto device = std::make_shared<DeviceSnapshot>();
  device->accounts_position = response.head();
  device->one_time_keys.assign(response.one_time_keys().begin(), response.one_time_keys().end());
  device->unused_fallback_types.assign(response.unused_fallback_types().begin(),
                                       response.unused_fallback_types().end());
  device->to_device_acknowledged = to_device_acknowledged;
  device->more_to_device = response.to_device_more();
  return device;
}

void TakeChanges(ReadSinceResponse& response, Difference& difference) {
  for (auto& datum : *response.mutable_account_data()) {
    difference.account_data.push_back(std::move(datum));
  }
  for (auto& event : *response.mutable_to_device()) {
    difference.to_device.push_back(std::move(event));
  }
}

void AddCounts(const DeviceSnapshot& device, Difference& difference) {
  difference.one_time_keys = device.one_time_keys;
  difference.unused_fallback_types = device.unused_fallback_types;
}

}  // namespace

bool AccountProvider::IsFresh(const SyncQuery& query, const Session& session) const {
  const std::string& user_id = query.requester.user_id();
  const Partition partition = PartitionOf(user_id, partitions_);
  const auto user = session.user();
  const auto device = session.device(query.requester.device_id());
  if (!query.since || user == nullptr || device == nullptr || device->more_to_device) return false;
  if (device->to_device_acknowledged < ToDeviceSince(query, partition)) return false;
  const int64_t known = std::min({AccountsSince(query, partition), user->accounts_position,
                                  device->accounts_position});
  return heard_.accounts.Since(partition, user_id, known) == WakeIndex::News::kNo;
}

absl::StatusOr<AccountProvider::Part> AccountProvider::Read(const rpc::Call& call,
                                                            const SyncQuery& query,
                                                            const std::shared_ptr<Session>& session,
                                                            Difference& difference) {
  const Partition partition = PartitionOf(query.requester.user_id(), partitions_);
  const std::string& device_id = query.requester.device_id();
  if (IsFresh(query, *session)) {
    AddCounts(*session->device(device_id), difference);
    return Part{session->user(), AccountsSince(query, partition), ToDeviceSince(query, partition)};
  }

  ReadSinceRequest request;
  request.set_user_id(query.requester.user_id());
  request.set_device_id(device_id);
  request.set_since(AccountsSince(query, partition));
  request.set_to_device_since(ToDeviceSince(query, partition));
  request.set_to_device_limit(kToDeviceLimit);
  PARLEY_TRY(ReadSinceResponse response, accounts_.ReadSince(call, request));

  const auto device = DeviceFrom(response, request.to_device_since());
  Part part{nullptr, response.head(),
            std::max(request.to_device_since(), response.to_device_until()),
            response.own_devices_changed(), response.ignored_users_changed(),
            {response.users_signed().begin(), response.users_signed().end()}};
  TakeChanges(response, difference);
  AddCounts(*device, difference);
  part.user = UserFrom(response);
  session->Remember(part.user, device_id, device);
  sessions_.Listen(session, JoinedRooms(*part.user));
  return part;
}

}  // namespace parley::gateway
