#include "services/gateway/remote_rooms.h"

#include <utility>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/status/macros.h"
#include "parley/events/v1/room_federation.parley.h"

namespace parley::gateway {

RemoteRooms::RemoteRooms(events::RoomFederationService& rooms, const Clock& clock,
                         std::string_view server_name)
    : rooms_(rooms), clock_(clock), server_name_(server_name) {}

bool RemoteRooms::IsRemote(std::string_view user_id) const {
  const auto user = UserId::Parse(user_id);
  return user.ok() && user->server_name() != server_name_;
}

std::shared_ptr<const RemoteRooms::RoomSet> RemoteRooms::Recall(std::string_view user_id,
                                                                int64_t* changes) {
  absl::MutexLock lock(&mutex_);
  *changes = changes_;
  const auto found = known_.find(Abs(user_id));
  if (found == known_.end() || found->second.until <= clock_.Now()) return nullptr;
  return found->second.rooms;
}

// An answer from before somebody came or went may be wrong by now.
void RemoteRooms::Remember(std::string_view user_id, int64_t changes, Known known) {
  absl::MutexLock lock(&mutex_);
  if (changes != changes_) return;
  if (known_.size() >= kMaxKnown) known_.clear();
  known_.insert_or_assign(std::string(user_id), std::move(known));
}

absl::StatusOr<std::shared_ptr<const RemoteRooms::RoomSet>> RemoteRooms::Of(
    const rpc::Call& call, std::string_view user_id) {
  int64_t changes = 0;
  if (auto rooms = Recall(user_id, &changes)) return rooms;
  events::v1::ListRoomsOfRemoteUserRequest request;
  request.set_user_id(std::string(user_id));
  PARLEY_TRY(const auto response, rooms_.ListRoomsOfRemoteUser(call, request));
  auto rooms =
      std::make_shared<const RoomSet>(response.room_ids().begin(), response.room_ids().end());
  Remember(user_id, changes, {clock_.Now() + (rooms->empty() ? kKeepNone : kKeep), rooms});
  return rooms;
}

void RemoteRooms::CameOrWent(const std::vector<std::string>& user_ids) {
  if (user_ids.empty()) return;
  absl::MutexLock lock(&mutex_);
  ++changes_;
  for (const std::string& user : user_ids) known_.erase(user);
}

}  // namespace parley::gateway
