#include <algorithm>

#include "common/event/event_types.h"
#include "common/status/macros.h"
#include "services/events/room_write.h"
#include "services/events/store.h"

// The part of RoomWrite by which events of other servers enter a room.
namespace parley::events {

absl::Status RoomWrite::AddPlaced(Placed placed) {
  Pending pending{.pdu = placed.pdu, .flags = placed.flags};
  for (Placed::Change& change : placed.changes) {
    if (change.pdu == placed.pdu) change.event_pos = placed.stored_at;
  }
  pending.placed = std::move(placed);
  if (pending.pdu->IsState()) {
    PARLEY_TRY(pending.previous_pdu, State(pending.pdu->type, *pending.pdu->state_key));
  }
  if (!pending.IsHidden()) PARLEY_RETURN_IF_ERROR(FindTargets(pending));
  Apply(std::move(pending));
  return absl::OkStatus();
}

std::vector<EventId> RoomWrite::Extremities() const {
  std::vector<EventId> ids;
  for (const event::PduPtr& extremity : room_->extremities) ids.push_back(extremity->event_id);
  return ids;
}

bool RoomWrite::HasPending(const EventId& event_id) const {
  bool rejected = false;
  return FindPending(event_id, &rejected) != nullptr;
}

event::PduPtr RoomWrite::FindPending(const EventId& event_id, bool* rejected) const {
  for (const Pending& pending : pending_) {
    if (pending.pdu->event_id != event_id) continue;
    *rejected = (pending.flags & kRejected) != 0;
    return pending.pdu;
  }
  return nullptr;
}

void RoomWrite::ApplyPlaced(Pending& pending) {
  const int64_t provisional = -static_cast<int64_t>(pending_.size()) - 1;
  for (const Placed::Change& change : pending.placed->changes) {
    const auto& [type, state_key] = change.tuple;
    pending.placed_previous.push_back(
        change.pdu
            ? room_->state.Apply(change.pdu, change.event_pos == 0 ? provisional : change.event_pos,
                                 provisional)
            : room_->state.Remove(type, state_key));
    if (change.pdu == pending.pdu) pending.previous = pending.placed_previous.back();
  }
  if (pending.placed->extremities) room_->extremities = *pending.placed->extremities;
}

void RoomWrite::AddPlacedRows(store::Batch& batch, Pending& pending, int64_t pos, int64_t first) {
  const Partition p = room_->partition;
  Placed& placed = *pending.placed;
  const int64_t own_pos = pending.OwnPosition(pos);
  const auto settled = [first](int64_t at) { return at < 0 ? first - at - 1 : at; };
  for (size_t i = 0; i < placed.changes.size(); ++i) {
    const Placed::Change& change = placed.changes[i];
    std::optional<StateRow>& previous = pending.placed_previous[i];
    if (previous) {
      previous->event_pos = settled(previous->event_pos);
      previous->from_pos = settled(previous->from_pos);
    }
    StateRow next{change.tuple.type, change.tuple.state_key, change.event_pos, pos, 0,
                  std::nullopt};
    if (change.pdu && change.event_pos == 0) next.event_pos = own_pos;
    if (change.pdu && change.pdu->type == event::kMember)
      next.membership = event::MembershipOf(change.pdu.get());
    ReplaceState(batch, p, room_->nid, previous ? &*previous : nullptr, next);
    if (!change.pdu) continue;
    room_->state.Settle(*change.pdu, first);
    NoteMembership(batch, *change.pdu, pos);
  }
  if (!placed.fork) return;
  placed.fork->pos = own_pos;
  for (ForkStateRow& row : placed.differences) row.pos = own_pos;
  AddFork(batch, p, *placed.fork, placed.differences);
}

// Nothing is written as long as the room has one extremity, and that is its latest event.
void RoomWrite::WriteExtremities(store::Batch& batch) {
  const auto latest = std::find_if(pending_.rbegin(), pending_.rend(),
                                   [](const Pending& pending) { return pending.IsLive(); });
  if (latest == pending_.rend()) return;
  const bool simple =
      room_->extremities.size() == 1 && room_->extremities[0]->event_id == latest->pdu->event_id;
  if (simple && !room_->extremities_stored) return;
  std::vector<std::string> ids;
  if (!simple) {
    for (const event::PduPtr& extremity : room_->extremities)
      ids.push_back(extremity->event_id.str());
  }
  SetExtremities(batch, room_->partition, room_->nid, ids);
  room_->extremities_stored = !simple;
}

}  // namespace parley::events
