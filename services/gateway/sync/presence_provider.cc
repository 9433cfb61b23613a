#include "services/gateway/sync/presence_provider.h"

#include <algorithm>
#include <map>

#include <absl/container/flat_hash_set.h>

#include "common/status/macros.h"
#include "parley/events/v1/events.parley.h"
#include "parley/presence/v1/presence.parley.h"

namespace parley::gateway {
namespace {

using stream::StreamKind;

// The mark of a token (PresenceLog) stands in partition 0.
constexpr Partition kMarkPartition = 0;

stream::EphemeralPosition MarkOf(const SyncQuery& query) {
  return query.since->Ephemeral(StreamKind::kPresence, kMarkPartition);
}

common::v1::Head HeadOf(Partition partition, int64_t epoch, int64_t position) {
  common::v1::Head head;
  head.set_partition(partition);
  head.set_epoch(epoch);
  head.set_position(position);
  return head;
}

// For each partition, the place before the first of the changes of `users`.
std::vector<common::v1::Head> Before(const std::vector<PresenceLog::Change>& changes) {
  std::map<Partition, stream::EphemeralPosition> first;
  for (const auto& change : changes) {
    stream::EphemeralPosition& position =
        first.try_emplace(change.partition, change.position).first->second;
    if (change.position.Packed() < position.Packed()) position = change.position;
  }
  std::vector<common::v1::Head> heads;
  for (const auto& [partition, position] : first) {
    heads.push_back(HeadOf(partition, position.epoch, position.counter - 1));
  }
  return heads;
}

}  // namespace

absl::StatusOr<PresenceProvider::Users> PresenceProvider::JoinedUsers(const rpc::Call& call,
                                                                      const Users& rooms) const {
  if (rooms.empty()) return Users{};
  events::v1::ListJoinedUsersRequest request;
  request.mutable_room_ids()->Assign(rooms.begin(), rooms.end());
  PARLEY_TRY(const auto response, events_.ListJoinedUsers(call, request));
  return Users(response.user_ids().begin(), response.user_ids().end());
}

absl::StatusOr<PresenceProvider::Users> PresenceProvider::InView(const rpc::Call& call,
                                                                 const SyncQuery& query,
                                                                 const UserSnapshot& user) const {
  PARLEY_TRY(Users users, JoinedUsers(call, JoinedRooms(user)));
  const std::string& self = query.requester.user_id();
  if (std::find(users.begin(), users.end(), self) == users.end()) users.push_back(self);
  return users;
}

absl::Status PresenceProvider::Fetch(const rpc::Call& call, const SyncQuery& query,
                                     const Users& users, const Heads& since,
                                     Difference& difference) {
  if (users.empty()) return absl::OkStatus();
  presence::v1::ReadSinceRequest request;
  *request.mutable_requester() = query.requester;
  request.mutable_users()->Assign(users.begin(), users.end());
  request.mutable_since()->Assign(since.begin(), since.end());
  request.set_all_states(query.filter->WantsAllPresenceStates());
  PARLEY_TRY(auto response, presence_.ReadSince(call, request));
  for (auto& event : *response.mutable_events()) difference.presence.push_back(std::move(event));
  return absl::OkStatus();
}

absl::StatusOr<PresenceProvider::Users> PresenceProvider::FetchView(const rpc::Call& call,
                                                                    const SyncQuery& query,
                                                                    const UserSnapshot& user,
                                                                    Difference& difference) {
  PARLEY_TRY(Users users, InView(call, query, user));
  PARLEY_TRY(const auto heads, presence_.Heads(call, {}));
  Heads beginning;
  for (const auto& head : heads.heads())
    beginning.push_back(HeadOf(head.partition(), head.epoch(), 0));
  PARLEY_RETURN_IF_ERROR(Fetch(call, query, users, beginning, difference));
  return users;
}

absl::StatusOr<PresenceProvider::Users> PresenceProvider::FetchChanged(const rpc::Call& call,
                                                                       const SyncQuery& query,
                                                                       const UserSnapshot& user,
                                                                       Difference& difference) {
  const auto changes = log_.Since(MarkOf(query));
  if (!changes) return FetchView(call, query, user, difference);
  if (changes->empty()) return Users{};
  Users candidates;
  for (const auto& change : *changes) candidates.push_back(change.user_id);
  Users seen = room_mates_.SharingARoom(call, user, candidates);
  const std::string& self = query.requester.user_id();
  const bool self_changed =
      std::find(candidates.begin(), candidates.end(), self) != candidates.end();
  if (self_changed && std::find(seen.begin(), seen.end(), self) == seen.end()) seen.push_back(self);
  PARLEY_RETURN_IF_ERROR(Fetch(call, query, seen, Before(*changes), difference));
  return seen;
}

absl::Status PresenceProvider::Read(const rpc::Call& call, const SyncQuery& query,
                                    const UserSnapshot& user, const RoomProvider::Part& rooms,
                                    Difference& difference, stream::SyncToken& next) {
  const stream::EphemeralPosition mark =
      log_.Mark();  // before looking: what comes meanwhile is told again
  if (!query.since) {
    PARLEY_TRY(const Users everybody, InView(call, query, user));
    PARLEY_RETURN_IF_ERROR(Fetch(call, query, everybody, {}, difference));
    next.SetEphemeral(StreamKind::kPresence, kMarkPartition, mark);
    return absl::OkStatus();
  }
  PARLEY_TRY(const Users told, FetchChanged(call, query, user, difference));
  PARLEY_TRY(Users came, JoinedUsers(call, rooms.new_rooms));
  room_mates_.CameOrWent(came);
  came.insert(came.end(), rooms.users_joined.begin(), rooms.users_joined.end());
  const absl::flat_hash_set<std::string> known(told.begin(), told.end());
  std::erase_if(came, [&known](const std::string& user_id) { return known.contains(user_id); });
  PARLEY_RETURN_IF_ERROR(Fetch(call, query, came, {}, difference));
  next.SetEphemeral(StreamKind::kPresence, kMarkPartition, mark);
  return absl::OkStatus();
}

}  // namespace parley::gateway
