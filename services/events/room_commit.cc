#include <algorithm>

#include <absl/synchronization/notification.h>

#include "common/calls/call_events.h"
#include "common/calls/signal.h"
#include "common/event/client_format.h"
#include "common/event/event_types.h"
#include "common/status/macros.h"
#include "services/events/public_room.h"
#include "services/events/room_write.h"
#include "services/events/store.h"
#include "services/events/wakes.h"

// The second half of RoomWrite: from events to rows, and what happens when they are on disk.
namespace parley::events {
namespace {

int64_t Settled(int64_t pos, int64_t first) { return pos < 0 ? first + (-pos - 1) : pos; }

// What the commit makes visible to readers of the room.
void Show(Room& room, const std::vector<TimelineEventPtr>& events, const std::vector<TimelineEventPtr>& redactions) {
  for (const TimelineEventPtr& event : events) {
    room.timeline.Append(event);
    if (!event->relation_target.empty()) room.timeline.MarkRelated(event->relation_target);
  }
  for (const TimelineEventPtr& redacted : redactions) room.timeline.Replace(redacted);
  if (events.empty()) return;
  absl::MutexLock lock(&room.tail_mutex);
  std::erase_if(room.tail, [&](const TimelineEventPtr& event) { return event->pos <= events.back()->pos; });
}

// Events from `first` on were not written.
void Forget(Room& room, int64_t first) {
  absl::MutexLock lock(&room.tail_mutex);
  std::erase_if(room.tail, [&](const TimelineEventPtr& event) { return event->pos >= first; });
}

// Of a user of `server`, who was not joined before.
bool IsNewJoin(const event::Pdu& pdu, const std::optional<StateRow>& previous, std::string_view server) {
  if (!pdu.IsState() || pdu.type != event::kMember) return false;
  if (event::MembershipOf(&pdu) != event::Membership::kJoin) return false;
  if (previous && previous->membership == event::Membership::kJoin) return false;
  return UserId::Trusted(*pdu.state_key).server_name() == server;
}

TimelineEventPtr RedactedCopy(const TimelineEvent& event, const event::PduPtr& pdu, const event::Pdu& redaction) {
  auto copy = std::make_shared<TimelineEvent>();
  copy->pos = event.pos;
  copy->pdu = pdu;
  copy->flags = event.flags | kRedacted;
  copy->client_prefix = event::ClientEventPrefix(event::StoredEvent::Of(*pdu), event::ClientShape::kWithoutRoomId);
  copy->prev_content_json = event.prev_content_json;
  copy->prev_sender = event.prev_sender;
  copy->replaces_state = event.replaces_state;
  copy->redacted_because_json = event::ClientEventJson(event::StoredEvent::Of(redaction));
  copy->thread_root = event.thread_root;
  copy->txn_device = event.txn_device;
  copy->txn_id = event.txn_id;
  copy->membership_before = event.membership_before;
  copy->membership_after = event.membership_after;
  copy->joined_members = event.joined_members;
  copy->invited_members = event.invited_members;
  copy->related = event.related.load();
  return copy;
}

}  // namespace

struct RoomWrite::Outcome {
  absl::Notification done;
  absl::Status status;
};

absl::StatusOr<Sent> RoomWrite::Commit(const rpc::Call& call) {
  if (pending_.empty()) {
    LeaveLane();
    return unchanged_;
  }
  PARLEY_RETURN_IF_ERROR(PreparePublished());
  PrepareOutbound();
  const auto outcome = std::make_shared<Outcome>();
  const auto sent = std::make_shared<Sent>();
  if (txn_) room_->txns.Begin(*txn_);
  const absl::Status queued = context_.streams.For(room_->partition)
                                  .Append(
                                      [&](int64_t first) -> absl::StatusOr<stream::Appended> {
                                        *sent = {pending_.back().pdu->event_id.str(),
                                                 first + static_cast<int64_t>(pending_.size()) - 1};
                                        return MakeBatch(first);
                                      },
                                      [outcome, sent, room = room_, txn = txn_,
                                       count = pending_.size(),
                                       signals = HasCallSignal() ? &context_.bus : nullptr,
                                       outbound = goes_out_, bus = &context_.bus](absl::StatusOr<int64_t> result) {
                                        outcome->status = result.status();
                                        if (result.ok() && outbound) {
                                          bus->Publish({kOutbound, room->partition, sent->position, room->id});
                                        }
                                        if (result.ok() && signals != nullptr) {
                                          signals->Publish({kCallSignals, room->partition, sent->position, room->id});
                                        }
                                        if (!result.ok()) Forget(*room, sent->position - static_cast<int64_t>(count) + 1);
                                        if (txn && result.ok()) room->txns.End(*txn, *sent);
                                        if (txn && !result.ok()) room->txns.End(*txn, result.status());
                                        outcome->done.Notify();
                                      });
  if (!queued.ok()) {
    if (txn_) room_->txns.End(*txn_, queued);
    return queued;
  }
  LeaveLane();
  if (!outcome->done.WaitForNotificationWithDeadline(call.deadline)) {
    return absl::DeadlineExceededError("the store did not answer in time");
  }
  PARLEY_RETURN_IF_ERROR(outcome->status);
  context_.outbox.Tell(call, changes_);
  const auto wake = [&](std::string_view stream, std::string_view key) {
    context_.bus.Publish({stream, room_->partition, sent->position, key});
  };
  if (!server_changes_.empty()) wake(kRoomServers, room_->id);
  const std::string& own = context_.config.server_name;
  if (!room_->state.HasOtherServers(own)) return *sent;
  for (const Pending& pending : pending_) {
    const bool came = pending.IsLive() && IsNewJoin(*pending.pdu, pending.previous, own);
    if (came) wake(kSharedJoins, *pending.pdu->state_key);
  }
  return *sent;
}

absl::Status RoomWrite::PreparePublished() {
  const bool published = set_published_.value_or(room_->published);
  if (!published) return absl::OkStatus();
  PARLEY_TRY(published_row_, PublicEntry(room_->id, *room_, [this](std::string_view type, std::string_view key) {
               return State(type, key);
             }));
  return absl::OkStatus();
}

bool RoomWrite::IsOurs(const Pending& pending) const {
  if (pending.placed) return pending.placed->relayed && pending.IsLive();
  return pending.pdu->sender.server_name() == context_.config.server_name;
}

// The server of somebody whose invite or knock ends with this event, and who is the only one there to care.
std::string RoomWrite::ExtraServerFor(const Pending& pending) const {
  const event::Pdu& pdu = *pending.pdu;
  if (pdu.type != event::kMember || !pending.previous) return "";
  const auto before = pending.previous->membership;
  if (before != event::Membership::kInvite && before != event::Membership::kKnock) return "";
  const event::Membership after = event::MembershipOf(&pdu);
  if (after != event::Membership::kLeave && after != event::Membership::kBan) return "";
  const std::string server(UserId::Trusted(*pdu.state_key).server_name());
  if (server == context_.config.server_name || server == pdu.sender.server_name()) return "";
  return room_->state.HasServer(server) ? "" : server;
}

void RoomWrite::PrepareOutbound() {
  const std::string& own = context_.config.server_name;
  server_changes_ = room_->state.TakeServerChanges();
  std::erase_if(server_changes_, [&](const ServerChange& change) { return change.server == own; });
  const bool is_shared = !server_changes_.empty() || room_->state.HasOtherServers(own);
  goes_out_ = std::any_of(pending_.begin(), pending_.end(), [&](const Pending& pending) {
    return IsOurs(pending) && (is_shared || !pending.extra_server.empty());
  });
}

void RoomWrite::AddServers(store::Batch& batch, int64_t first) {
  for (const ServerChange& change : server_changes_) {
    // What state resolution took away has no event of its own.
    const int64_t last = first + static_cast<int64_t>(pending_.size()) - 1;
    const int64_t pos = change.pos == 0 ? last : Settled(change.pos, first);
    if (change.is_here) {
      AddRoomServer(batch, room_->partition, {room_->nid, change.server, pos, 0});
    } else {
      EndRoomServer(batch, room_->partition, room_->nid, change.server, pos);
    }
  }
}

absl::StatusOr<stream::Appended> RoomWrite::MakeBatch(int64_t first) {
  if (context_.rooms.IsStale(*room_)) return absl::UnavailableError("the room was loaded before a reset");
  stream::Appended appended;
  appended.count = pending_.size();
  appended.keys = {room_->id};
  if (is_new_) {
    room_->nid = first;
    AddRoom(appended.batch, {room_->partition, room_->nid, room_->id, std::string(room_->version->id)});
  }
  for (size_t i = 0; i < pending_.size(); ++i) {
    AddRows(appended.batch, pending_[i], first + i, first, i + 1 == pending_.size());
  }
  WriteExtremities(appended.batch);
  AddServers(appended.batch, first);
  if (set_published_) room_->published = *set_published_;
  if (set_published_ == false) Unpublish(appended.batch, room_->partition, room_->nid);
  if (published_row_) {
    published_row_->room = room_->nid;
    Publish(appended.batch, room_->partition, *published_row_);
  }
  context_.outbox.AddDeletions(appended.batch, room_->partition);
  {
    absl::MutexLock lock(&room_->tail_mutex);
    room_->tail.insert(room_->tail.end(), built_.begin(), built_.end());
  }
  appended.before_visible = [room = room_, events = std::move(built_), redactions = std::move(redactions_)] {
    Show(*room, events, redactions);
  };
  return appended;
}

void RoomWrite::AddRows(store::Batch& batch, Pending& pending, int64_t pos, int64_t first, bool is_last) {
  if (pending.previous) {
    pending.previous->event_pos = Settled(pending.previous->event_pos, first);
    pending.previous->from_pos = Settled(pending.previous->from_pos, first);
  }
  AddEventRow(batch, pending, pos, is_last);
  if (goes_out_ && IsOurs(pending)) {
    AddOutbound(batch, room_->partition, {pos, room_->nid, std::string(pending.pdu->sender.server_name()),
                                          pending.extra_server, context_.clock.NowMs()});
  }
  if (pending.placed) {
    AddPlacedRows(batch, pending, pos, first);
  } else if (pending.pdu->IsState()) {
    AddStateRows(batch, pending, pos, first);
  }
  if (pending.IsHidden()) return;
  AddRelations(batch, pending, pending.OwnPosition(pos));
  AddRedaction(batch, pending, pending.OwnPosition(pos));
  if (!pending.IsLive()) return;
  AddCallSignal(batch, pending, pos);
  built_.push_back(MakeTimelineEvent(pending, pos, is_last));
}

void RoomWrite::AddEventRow(store::Batch& batch, Pending& pending, int64_t pos, bool is_last) {
  const event::Pdu& pdu = *pending.pdu;
  EventRow row{.pos = pos,
               .room = room_->nid,
               .ord = pending.IsHidden() ? HiddenOrder(pos) : LiveOrder(pos),
               .event_id = pdu.event_id.str(),
               .type = pdu.type,
               .state_key = pdu.state_key,
               .sender = pdu.sender.str(),
               .ts = pdu.origin_server_ts,
               .flags = pending.flags,
               .replaces = pending.previous ? pending.previous->event_pos : 0,
               .thread_root = pending.thread_root,
               .pdu = pdu.bytes};
  if (txn_ && is_last) {
    row.txn_device = txn_->device_id;
    row.txn_id = txn_->txn_id;
    AddTxnRow(batch, pending, pos);
  }
  if (!pending.placed) return AddEvent(batch, room_->partition, row);
  row.ord = pending.placed->ord.value_or(row.ord);
  row.redacted_by = pending.placed->redacted_by;
  if (pending.placed->stored_at == 0) return AddEvent(batch, room_->partition, row);
  PlaceEvent(batch, room_->partition, pending.placed->stored_at, row.ord, row.flags);
}

void RoomWrite::AddStateRows(store::Batch& batch, Pending& pending, int64_t pos, int64_t first) {
  const event::Pdu& pdu = *pending.pdu;
  StateRow next{pdu.type, *pdu.state_key, pos, pos, 0, std::nullopt};
  if (pdu.type == event::kMember) next.membership = event::MembershipOf(&pdu);
  ReplaceState(batch, room_->partition, room_->nid, pending.previous ? &*pending.previous : nullptr, next);
  room_->state.Settle(pdu, first);
  NoteMembership(batch, pdu, pos);
}

// Tells `accounts` later, if it is of one of our users.
void RoomWrite::NoteMembership(store::Batch& batch, const event::Pdu& pdu, int64_t pos) {
  if (pdu.type != event::kMember) return;
  if (UserId::Trusted(*pdu.state_key).server_name() != context_.config.server_name) return;
  if (changes_.empty() || changes_.back().position != pos) AddToOutbox(batch, room_->partition, pos);
  changes_.push_back({room_->partition, pos, *pdu.state_key, room_->id, std::string(event::MembershipText(pdu)),
                      pdu.event_id.str(), pdu.sender.str()});
}

void RoomWrite::AddRelations(store::Batch& batch, const Pending& pending, int64_t pos) {
  if (!pending.relation) return;
  const event::Pdu& pdu = *pending.pdu;
  AddRelation(batch, room_->partition, {room_->nid, pending.relation->target, pos, pending.relation->rel_type, pdu.type,
                                        pdu.sender.str(), pending.relation->key});
}

void RoomWrite::AddRedaction(store::Batch& batch, const Pending& pending, int64_t pos) {
  const Partition p = room_->partition;
  if (pending.early && pending.placed) {
    AddEarlyRedaction(batch, p, room_->nid, pending.pdu->redacts->str(), pos);
  }
  if (!pending.redacted) return;
  const Target& target = *pending.redacted;
  RedactEvent(batch, p, target.pos, pending.redacted_pdu->bytes, pos, target.flags);
  if (const auto relation = RelationOf(target.pdu->content)) {
    DeleteRelation(batch, p, room_->nid, relation->target, target.pos);
  }
  if (target.recent) redactions_.push_back(RedactedCopy(*target.recent, pending.redacted_pdu, *pending.pdu));
}

bool RoomWrite::HasCallSignal() const {
  return std::any_of(pending_.begin(), pending_.end(), [](const Pending& pending) { return SignalContentOf(pending).has_value(); });
}

// Of a call event, and of the redaction of one.
std::optional<json::Object> RoomWrite::SignalContentOf(const Pending& pending) {
  const event::Pdu& pdu = *pending.pdu;
  if (pdu.IsState()) return std::nullopt;
  if (calls::IsCallEvent(pdu.type)) return calls::SignalContent(pdu.content);
  if (!pending.redacted || !calls::IsCallEvent(pending.redacted->pdu->type)) return std::nullopt;
  return json::Object{{"redacts", pending.redacted->pdu->event_id.str()}};
}

void RoomWrite::AddCallSignal(store::Batch& batch, const Pending& pending, int64_t pos) {
  const std::optional<json::Object> content = SignalContentOf(pending);
  if (!content) return;
  const event::Pdu& pdu = *pending.pdu;
  events::AddCallSignal(batch, room_->partition,
                        {pos, room_->id, pdu.event_id.str(), pdu.type, pdu.sender.str(), pdu.origin_server_ts,
                         context_.clock.NowMs(), json::Serialize(*content)});
}

void RoomWrite::AddTxnRow(store::Batch& batch, const Pending& pending, int64_t pos) {
  AddTxn(batch, room_->partition,
         {room_->nid, txn_->user_id, txn_->device_id, txn_->StoredId(), pos, pending.pdu->event_id.str(),
          pending.pdu->origin_server_ts});
}

TimelineEventPtr RoomWrite::MakeTimelineEvent(const Pending& pending, int64_t pos, bool is_last) const {
  auto event = std::make_shared<TimelineEvent>();
  event->pos = pos;
  event->pdu = pending.pdu;
  event->flags = pending.flags;
  event->client_prefix =
      event::ClientEventPrefix(event::StoredEvent::Of(*pending.pdu), event::ClientShape::kWithoutRoomId);
  if (const event::PduPtr& previous = pending.previous_pdu) {
    event->prev_content_json = event::RawMember(previous->bytes, "content");
    event->prev_sender = previous->sender.str();
    event->replaces_state = previous->event_id.str();
  }
  if (pending.placed && pending.placed->redaction) {
    event->redacted_because_json = event::ClientEventJson(event::StoredEvent::Of(*pending.placed->redaction));
  }
  event->thread_root = pending.thread_root;
  if (pending.relation) {
    event->relation_type = pending.relation->rel_type;
    event->relation_target = pending.relation->target;
  }
  if (txn_ && is_last) {
    event->txn_device = txn_->device_id;
    event->txn_id = txn_->txn_id;
  }
  if (pending.pdu->type == event::kMember && pending.pdu->IsState()) {
    if (pending.previous_pdu) event->membership_before = event::MembershipOf(pending.previous_pdu.get());
    event->membership_after = event::MembershipOf(pending.pdu.get());
  }
  event->joined_members = pending.joined_members;
  event->invited_members = pending.invited_members;
  return event;
}

}  // namespace parley::events
