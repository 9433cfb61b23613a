#include "services/gateway/sync/device_list_provider.h"

#include <absl/container/btree_set.h>

#include "common/status/macros.h"
#include "parley/events/v1/events.parley.h"

namespace parley::gateway {
namespace {

using Users = absl::btree_set<std::string>;

absl::Status AddJoinedUsers(const rpc::Call& call, events::EventsService& events,
                            const std::vector<std::string>& rooms, Users& users) {
  if (rooms.empty()) return absl::OkStatus();
  events::v1::ListJoinedUsersRequest request;
  request.mutable_room_ids()->Assign(rooms.begin(), rooms.end());
  PARLEY_TRY(const auto response, events.ListJoinedUsers(call, request));
  users.insert(response.user_ids().begin(), response.user_ids().end());
  return absl::OkStatus();
}

}  // namespace

absl::Status DeviceListProvider::Read(const rpc::Call& call, const SyncQuery& query,
                                      const AccountProvider::Part& account,
                                      const RoomProvider::Part& rooms, Difference& difference) {
  if (!query.since) {
    difference.device_lists_changed.clear();
    return absl::OkStatus();
  }
  room_mates_.CameOrWent(rooms.users_joined);
  room_mates_.CameOrWent(rooms.users_left);
  const std::string& self = query.requester.user_id();
  Users changed(difference.device_lists_changed.begin(), difference.device_lists_changed.end());
  changed.insert(rooms.users_joined.begin(), rooms.users_joined.end());
  PARLEY_RETURN_IF_ERROR(AddJoinedUsers(call, events_, rooms.new_rooms, changed));
  Users left(rooms.users_left.begin(), rooms.users_left.end());
  PARLEY_RETURN_IF_ERROR(AddJoinedUsers(call, events_, rooms.left_rooms, left));
  left.erase(self);
  if (account.own_devices_changed) changed.insert(self);
  changed.insert(account.users_signed.begin(), account.users_signed.end());

  const std::vector<std::string> candidates(left.begin(), left.end());
  for (const std::string& still : room_mates_.SharingARoom(call, *account.user, candidates)) {
    left.erase(still);
  }
  for (const std::string& user : left) changed.erase(user);
  difference.device_lists_changed.assign(changed.begin(), changed.end());
  difference.device_lists_left.assign(left.begin(), left.end());
  return absl::OkStatus();
}

}  // namespace parley::gateway
