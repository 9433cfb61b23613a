#include "services/gateway/sync/presence_provider.h"

#include <algorithm>

#include "common/status/macros.h"
#include "parley/events/v1/events.parley.h"
#include "parley/presence/v1/presence.parley.h"

namespace parley::gateway {
namespace {

using stream::StreamKind;

// Presence is one ephemeral stream: its token entry stands in partition 0.
constexpr Partition kPresencePartition = 0;

stream::EphemeralPosition Since(const SyncQuery& query) {
  if (!query.since) return {};
  return query.since->Ephemeral(StreamKind::kPresence, kPresencePartition);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> PresenceProvider::JoinedUsers(
    const rpc::Call& call, const std::vector<std::string>& rooms) const {
  if (rooms.empty()) return std::vector<std::string>{};
  events::v1::ListJoinedUsersRequest request;
  request.mutable_room_ids()->Assign(rooms.begin(), rooms.end());
  PARLEY_TRY(const auto response, events_.ListJoinedUsers(call, request));
  return std::vector<std::string>(response.user_ids().begin(), response.user_ids().end());
}

absl::StatusOr<std::vector<std::string>> PresenceProvider::Changed(const rpc::Call& call,
                                                                   const SyncQuery& query,
                                                                   const UserSnapshot& user) const {
  const std::string& self = query.requester.user_id();
  const auto changed = log_.Since(Since(query).Packed());
  if (!changed) {
    PARLEY_TRY(auto everybody, JoinedUsers(call, JoinedRooms(user)));
    everybody.push_back(self);
    return everybody;
  }
  if (changed->empty()) return std::vector<std::string>{};
  auto seen = room_mates_.SharingARoom(call, user, *changed);
  const bool self_changed = std::find(changed->begin(), changed->end(), self) != changed->end();
  if (self_changed && std::find(seen.begin(), seen.end(), self) == seen.end()) seen.push_back(self);
  return seen;
}

absl::Status PresenceProvider::Fetch(const rpc::Call& call, const SyncQuery& query,
                                     const std::vector<std::string>& users, Which which,
                                     Difference& difference, stream::SyncToken& next) {
  presence::v1::ReadSinceRequest request;
  *request.mutable_requester() = query.requester;
  request.mutable_users()->Assign(users.begin(), users.end());
  if (which == Which::kChanged && query.since) {
    auto* since = request.add_since();
    since->set_partition(kPresencePartition);
    since->set_epoch(Since(query).epoch);
    since->set_position(Since(query).counter);
  }
  PARLEY_TRY(auto response, presence_.ReadSince(call, request));
  for (auto& event : *response.mutable_events()) difference.presence.push_back(std::move(event));
  for (const auto& head : response.heads()) {
    log_.StartAt(stream::EphemeralPosition{head.epoch(), head.position()}.Packed());
  }
  if (which == Which::kAll && query.since) return absl::OkStatus();  // not the whole view
  for (const auto& head : response.heads()) {
    next.SetEphemeral(StreamKind::kPresence, head.partition(), {head.epoch(), head.position()});
  }
  return absl::OkStatus();
}

absl::Status PresenceProvider::Read(const rpc::Call& call, const SyncQuery& query,
                                    const UserSnapshot& user, const RoomProvider::Part& rooms,
                                    Difference& difference, stream::SyncToken& next) {
  if (!query.since) {
    PARLEY_TRY(auto everybody, JoinedUsers(call, JoinedRooms(user)));
    everybody.push_back(query.requester.user_id());
    return Fetch(call, query, everybody, Which::kAll, difference, next);
  }
  PARLEY_TRY(const auto changed, Changed(call, query, user));
  if (!changed.empty()) {
    PARLEY_RETURN_IF_ERROR(Fetch(call, query, changed, Which::kChanged, difference, next));
  }
  PARLEY_TRY(auto came, JoinedUsers(call, rooms.new_rooms));
  came.insert(came.end(), rooms.users_joined.begin(), rooms.users_joined.end());
  std::erase_if(came, [&](const std::string& user_id) {
    return std::find(changed.begin(), changed.end(), user_id) != changed.end();
  });
  if (came.empty()) return absl::OkStatus();
  return Fetch(call, query, came, Which::kAll, difference, next);
}

}  // namespace parley::gateway
