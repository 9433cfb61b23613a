#include "services/events/outbox.h"

#include <algorithm>

#include "common/base/ids.h"
#include "common/event/event_types.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

// Of an event row; the content is looked into only here, on repair.
std::string MembershipIn(const EventRow& row) {
  const auto pdu = json::ParseObject(row.pdu);
  if (!pdu.ok()) return "";
  const json::Object* content = json::FindObject(*pdu, "content");
  return content ? std::string(json::StringOr(*content, "membership", "")) : "";
}

}  // namespace

void Outbox::Tell(const rpc::Call& call, const std::vector<MembershipChange>& changes) {
  for (const MembershipChange& change : changes) {
    if (!TellOne(call, change)) continue;
    absl::MutexLock lock(&mutex_);
    told_[change.partition].push_back(change.position);
  }
}

bool Outbox::TellOne(const rpc::Call& call, const MembershipChange& change) {
  accounts::RecordMembershipRequest request;
  request.set_user_id(change.user_id);
  auto& membership = *request.mutable_membership();
  membership.set_room_id(change.room_id);
  membership.set_membership(change.membership);
  membership.set_position(change.position);
  membership.set_event_id(change.event_id);
  membership.set_sender(change.sender);
  return accounts_.RecordMembership(call, request).ok();
}

void Outbox::AddDeletions(store::Batch& batch, Partition p) {
  std::vector<int64_t> positions;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = told_.find(p);
    if (found == told_.end()) return;
    positions = std::move(found->second);
    told_.erase(found);
  }
  for (const int64_t position : positions) DeleteFromOutbox(batch, p, position);
}

void Outbox::Repair(const rpc::Call& call) {
  for (const Partition p : streams_.Owned()) RepairPartition(call, p);
}

void Outbox::RepairPartition(const rpc::Call& call, Partition p) {
  const auto untold = Untold(p);
  if (untold.ok()) Tell(call, *untold);
  store::Batch batch;
  AddDeletions(batch, p);
  if (batch.empty()) return;
  // If this fails, the rows are told of once more at the next start.
  streams_.For(p).CommitQuietly(std::move(batch)).IgnoreError();
}

absl::StatusOr<std::vector<MembershipChange>> Outbox::Untold(Partition p) {
  std::vector<MembershipChange> changes;
  PARLEY_RETURN_IF_ERROR(store_.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(const std::vector<int64_t> positions, OutboxPositions(db, p));
    for (const int64_t position : positions) {
      if (IsTold(p, position)) continue;
      PARLEY_TRY(const std::optional<EventRow> event, ReadEvent(db, p, position));
      if (!event) {
        PARLEY_TRY(const std::optional<RemoteMembershipRow> row, RemoteMembershipAt(db, p, position));
        if (row) changes.push_back({p, position, row->user_id, row->room_id, row->membership, row->event_id, row->sender});
        continue;
      }
      PARLEY_TRY(const std::optional<RoomRow> room, FindRoomByNid(db, p, event->room));
      if (!room) continue;
      if ((event->flags & kOffLine) != 0) {
        PARLEY_RETURN_IF_ERROR(AddResolved(db, p, *event, room->room_id, changes));
        continue;
      }
      changes.push_back({p, position, event->state_key.value_or(""), room->room_id, MembershipIn(*event),
                         event->event_id, event->sender});
    }
    return absl::OkStatus();
  }));
  return changes;
}

absl::Status Outbox::AddResolved(store::Reader& db, Partition p, const EventRow& event, const std::string& room_id,
                                 std::vector<MembershipChange>& changes) const {
  PARLEY_TRY(const auto rows, StateChanges(db, p, event.room, event.pos - 1, event.pos));
  for (const StateRow& row : rows) {
    if (row.type != event::kMember || UserId::Trusted(row.state_key).server_name() != server_name_) continue;
    PARLEY_TRY(const auto member, ReadEvent(db, p, row.event_pos));
    if (!member) continue;
    changes.push_back({p, event.pos, row.state_key, room_id, MembershipIn(*member), member->event_id, member->sender});
  }
  return absl::OkStatus();
}

bool Outbox::IsTold(Partition p, int64_t position) const {
  absl::MutexLock lock(&mutex_);
  const auto found = told_.find(p);
  return found != told_.end() && std::find(found->second.begin(), found->second.end(), position) != found->second.end();
}

size_t Outbox::told() const {
  absl::MutexLock lock(&mutex_);
  size_t count = 0;
  for (const auto& [p, positions] : told_) count += positions.size();
  return count;
}

}  // namespace parley::events
