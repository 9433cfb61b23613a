#include "services/events/room_state.h"

#include <utility>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/event/event_types.h"

namespace parley::events {
namespace {

event::StateTuple Key(std::string_view type, std::string_view state_key) {
  return {std::string(type), std::string(state_key)};
}

StateRow MemberRow(std::string_view user_id, const Member& member) {
  return {std::string(event::kMember), std::string(user_id), member.event_pos, member.from_pos, 0, member.membership};
}

StateRow OtherRow(const event::StateTuple& key, const StateEntry& entry) {
  return {key.type, key.state_key, entry.event_pos, entry.from_pos, 0, std::nullopt};
}

}  // namespace

void RoomState::Load(const StateRow& row) {
  absl::MutexLock lock(&mutex_);
  if (row.type != event::kMember) {
    others_[Key(row.type, row.state_key)] = {row.event_pos, row.from_pos, nullptr};
    return;
  }
  const event::Membership membership = row.membership.value_or(event::Membership::kLeave);
  members_[row.state_key] = {row.event_pos, row.from_pos, membership};
  CountMember(std::nullopt, membership);
  CountServer(row.state_key, std::nullopt, membership);
}

std::optional<StateRow> RoomState::Find(std::string_view type, std::string_view state_key) const {
  absl::ReaderMutexLock lock(&mutex_);
  if (type == event::kMember) {
    const auto found = members_.find(Abs(state_key));
    if (found == members_.end()) return std::nullopt;
    return MemberRow(state_key, found->second);
  }
  const auto found = others_.find(Key(type, state_key));
  if (found == others_.end()) return std::nullopt;
  return OtherRow(found->first, found->second);
}

std::optional<Member> RoomState::FindMember(std::string_view user_id) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = members_.find(Abs(user_id));
  if (found == members_.end()) return std::nullopt;
  return found->second;
}

bool RoomState::IsJoined(std::string_view user_id) const {
  const std::optional<Member> member = FindMember(user_id);
  return member && member->membership == event::Membership::kJoin;
}

size_t RoomState::Count(event::Membership membership) const {
  absl::ReaderMutexLock lock(&mutex_);
  return counts_[static_cast<size_t>(membership)];
}

std::vector<std::string> RoomState::Members(event::Membership membership, size_t limit) const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<std::string> users;
  for (const auto& [user, member] : members_) {
    if (member.membership != membership) continue;
    users.push_back(user);
    if (users.size() == limit) break;
  }
  return users;
}

std::vector<StateRow> RoomState::Rows() const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<StateRow> rows;
  rows.reserve(members_.size() + others_.size());
  for (const auto& [key, entry] : others_) rows.push_back(OtherRow(key, entry));
  for (const auto& [user, member] : members_) rows.push_back(MemberRow(user, member));
  return rows;
}

std::vector<std::string> RoomState::KeysOf(std::string_view type) const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<std::string> keys;
  for (const auto& [key, entry] : others_) {
    if (key.type == type) keys.push_back(key.state_key);
  }
  return keys;
}

event::PduPtr RoomState::CachedEvent(std::string_view type, std::string_view state_key) const {
  absl::ReaderMutexLock lock(&mutex_);
  if (type == event::kMember) {
    const auto found = member_events_.find(Abs(state_key));
    return found == member_events_.end() ? nullptr : found->second;
  }
  const auto found = others_.find(Key(type, state_key));
  return found == others_.end() ? nullptr : found->second.pdu;
}

void RoomState::Cache(const event::PduPtr& event, int64_t pos) {
  absl::MutexLock lock(&mutex_);
  if (event->type != event::kMember) {
    const auto found = others_.find(Key(event->type, *event->state_key));
    if (found != others_.end() && found->second.event_pos == pos) found->second.pdu = event;
    return;
  }
  const auto found = members_.find(*event->state_key);
  if (found != members_.end() && found->second.event_pos == pos) CacheMember(event);
}

void RoomState::CacheMember(const event::PduPtr& event) {
  if (member_events_.size() >= kMaxCachedMembers) member_events_.erase(member_events_.begin());
  member_events_[*event->state_key] = event;
}

std::optional<StateRow> RoomState::Apply(const event::PduPtr& event, int64_t event_pos, int64_t from_pos) {
  absl::MutexLock lock(&mutex_);
  if (event->type == event::kMember) return ApplyMember(event, event_pos, from_pos);
  std::optional<StateRow> previous;
  StateEntry& entry = others_[Key(event->type, *event->state_key)];
  if (entry.event_pos != 0) previous = OtherRow(Key(event->type, *event->state_key), entry);
  entry = {event_pos, from_pos, event};
  return previous;
}

std::optional<StateRow> RoomState::ApplyMember(const event::PduPtr& event, int64_t event_pos, int64_t from_pos) {
  std::optional<StateRow> previous;
  Member& member = members_[*event->state_key];
  std::optional<event::Membership> before;
  if (member.event_pos != 0) {
    previous = MemberRow(*event->state_key, member);
    before = member.membership;
  }
  member = {event_pos, from_pos, event::MembershipOf(event.get())};
  CountMember(before, member.membership);
  if (CountServer(*event->state_key, before, member.membership)) {
    server_changes_.push_back({std::string(UserId::Trusted(*event->state_key).server_name()),
                               member.membership == event::Membership::kJoin, from_pos});
  }
  CacheMember(event);
  return previous;
}

std::optional<StateRow> RoomState::Remove(std::string_view type, std::string_view state_key) {
  absl::MutexLock lock(&mutex_);
  std::optional<StateRow> previous;
  if (type != event::kMember) {
    const auto found = others_.find(Key(type, state_key));
    if (found == others_.end()) return previous;
    previous = OtherRow(found->first, found->second);
    others_.erase(found);
    return previous;
  }
  const auto found = members_.find(Abs(state_key));
  if (found == members_.end()) return previous;
  previous = MemberRow(state_key, found->second);
  const event::Membership before = found->second.membership;
  --counts_[static_cast<size_t>(before)];
  if (CountServer(state_key, before, event::Membership::kLeave)) {
    server_changes_.push_back({std::string(UserId::Trusted(std::string(state_key)).server_name()), false, 0});
  }
  member_events_.erase(found->first);
  members_.erase(found);
  return previous;
}

void RoomState::Settle(const event::Pdu& event, int64_t first) {
  const auto settle = [first](int64_t& pos) {
    if (pos < 0) pos = first + (-pos - 1);
  };
  absl::MutexLock lock(&mutex_);
  if (event.type == event::kMember) {
    Member& member = members_[*event.state_key];
    settle(member.event_pos);
    settle(member.from_pos);
    return;
  }
  StateEntry& entry = others_[Key(event.type, *event.state_key)];
  settle(entry.event_pos);
  settle(entry.from_pos);
}

void RoomState::CountMember(std::optional<event::Membership> before, event::Membership after) {
  if (before) --counts_[static_cast<size_t>(*before)];
  ++counts_[static_cast<size_t>(after)];
}

bool RoomState::CountServer(std::string_view user_id, std::optional<event::Membership> before,
                            event::Membership after) {
  const bool was_joined = before == event::Membership::kJoin;
  const bool is_joined = after == event::Membership::kJoin;
  if (was_joined == is_joined) return false;
  const UserId user = UserId::Trusted(std::string(user_id));
  const auto server = servers_.try_emplace(Abs(user.server_name()), 0).first;
  if (is_joined) return ++server->second == 1;
  if (--server->second > 0) return false;
  servers_.erase(server);
  return true;
}

bool RoomState::HasServer(std::string_view server) const {
  absl::ReaderMutexLock lock(&mutex_);
  return servers_.contains(Abs(server));
}

std::vector<std::string> RoomState::Servers() const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<std::string> names;
  names.reserve(servers_.size());
  for (const auto& [name, users] : servers_) names.push_back(name);
  return names;
}

bool RoomState::HasOtherServers(std::string_view own) const {
  absl::ReaderMutexLock lock(&mutex_);
  return servers_.size() > (servers_.contains(Abs(own)) ? 1 : 0);
}

std::vector<ServerChange> RoomState::TakeServerChanges() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(server_changes_, {});
}

size_t RoomState::MemoryBytes() const {
  absl::ReaderMutexLock lock(&mutex_);
  return members_.size() * 120 + (member_events_.size() + others_.size()) * 2500;
}

}  // namespace parley::events
