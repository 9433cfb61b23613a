#include "services/events/room_write.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/crypto/base64.h"
#include "common/event/client_format.h"
#include "common/event/event_types.h"
#include "common/event/redact.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/public_room.h"
#include "services/events/store.h"

namespace parley::events {

RoomWrite::RoomWrite(const Context& context, RoomPtr room) : context_(context), room_(std::move(room)) {}

absl::StatusOr<std::unique_ptr<RoomWrite>> RoomWrite::Open(const Context& context, std::string_view room_id) {
  while (true) {
    PARLEY_TRY(RoomPtr room, context.rooms.Get(room_id));
    room->lane.Lock();
    std::unique_ptr<RoomWrite> write(new RoomWrite(context, std::move(room)));
    if (!context.rooms.IsStale(write->room()) && !write->room().dropped) return write;
    context.rooms.Drop(write->room_ptr());
  }
}

absl::StatusOr<std::unique_ptr<RoomWrite>> RoomWrite::Create(const Context& context,
                                                             const event::VerifiedPdu& create_event) {
  const auto nothing = [](std::string_view, std::string_view) -> const event::Pdu* { return nullptr; };
  PARLEY_TRY(const event::AuthorisedEvent authorised, event::Authorise(create_event, nothing));
  PARLEY_TRY(RoomPtr room, context.rooms.Add(create_event->room_id.str()));
  room->lane.Lock();
  room->loaded = true;
  room->version = create_event->version;
  std::unique_ptr<RoomWrite> write(new RoomWrite(context, std::move(room)));
  write->is_new_ = true;
  write->Apply({.pdu = authorised.pdu()});
  return write;
}

RoomWrite::~RoomWrite() {
  if (!in_lane_) return;
  if (!pending_.empty()) DropRoom();
  LeaveLane();
}

// Whoever loads the room next must find in the store what is still on its way there.
void RoomWrite::DropRoom() {
  WaitForCommits();
  room_->dropped = true;
  context_.rooms.Drop(room_);
}

void RoomWrite::WaitForCommits() {
  const auto is_empty = [this]() ABSL_SHARED_LOCKS_REQUIRED(room_->tail_mutex) { return room_->tail.empty(); };
  absl::MutexLock lock(&room_->tail_mutex, absl::Condition(&is_empty));
}

void RoomWrite::LeaveLane() {
  in_lane_ = false;
  room_->lane.Unlock();
}

absl::StatusOr<event::PduPtr> RoomWrite::State(std::string_view type, std::string_view state_key) {
  for (auto pending = pending_.rbegin(); pending != pending_.rend(); ++pending) {
    if (pending->pdu->IsState(type, state_key)) return pending->pdu;
  }
  return StateEvent(context_.store, *room_, type, state_key);
}

absl::StatusOr<std::optional<Target>> RoomWrite::Find(std::string_view event_id) {
  if (const TimelineEventPtr recent = room_->FindRecent(event_id)) {
    return Target{recent->pos, recent->pdu, recent->thread_root, !recent->redacted_because_json.empty(),
                  recent->flags, !recent->related.load(), recent};
  }
  std::optional<EventRow> row;
  PARLEY_RETURN_IF_ERROR(context_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(row, FindEvent(db, room_->partition, event_id));
    return absl::OkStatus();
  }));
  if (!row || row->room != room_->nid) return std::nullopt;
  PARLEY_TRY(event::PduPtr pdu,
             event::LoadPdu(std::move(row->pdu), EventId::Trusted(std::move(row->event_id)), *room_->version));
  return Target{row->pos, std::move(pdu), std::move(row->thread_root), (row->flags & kRedacted) != 0,
                row->flags, false, nullptr};
}

absl::StatusOr<uint32_t> RoomWrite::StateFlags(std::string_view type, std::string_view state_key) {
  const std::optional<StateRow> row = room_->state.Find(type, state_key);
  if (!row) return 0;
  if (const TimelineEventPtr queued = room_->FindInTail(row->event_pos)) return queued->flags;
  std::optional<EventRow> event;
  PARLEY_RETURN_IF_ERROR(context_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(event, ReadEvent(db, room_->partition, row->event_pos));
    return absl::OkStatus();
  }));
  return event ? event->flags : 0;
}

absl::StatusOr<RoomWrite::AuthState> RoomWrite::AuthStateFor(const std::vector<event::StateTuple>& tuples) {
  AuthState auth;
  for (const event::StateTuple& tuple : tuples) {
    PARLEY_TRY(event::PduPtr pdu, State(tuple.type, tuple.state_key));
    if (pdu) auth.push_back(std::move(pdu));
  }
  return auth;
}

absl::StatusOr<event::VerifiedPdu> RoomWrite::Build(const Draft& draft, const AuthState& auth) const {
  event::EventFields fields;
  fields.room_id = RoomId::Trusted(room_->id);
  fields.sender = draft.sender;
  fields.type = draft.type;
  fields.state_key = draft.state_key;
  fields.content = draft.content;
  fields.origin_server_ts = context_.clock.NowMs();
  fields.depth = 1;
  for (const event::PduPtr& extremity : room_->extremities) {
    if (fields.prev_events.size() == event::kMaxPrevEvents) break;
    fields.depth = std::max(fields.depth, extremity->depth + 1);
    fields.prev_events.push_back(event::ReferenceTo(*extremity));
  }
  for (const event::PduPtr& event : auth) fields.auth_events.push_back(event::ReferenceTo(*event));
  fields.redacts = draft.redacts;
  return event::EventBuilder(*room_->version, context_.config.server_name, context_.signing_key)
      .Build(std::move(fields));
}

absl::StatusOr<event::VerifiedPdu> RoomWrite::Draw(const Draft& draft) {
  const std::string* state_key = draft.state_key ? &*draft.state_key : nullptr;
  PARLEY_TRY(const AuthState auth, AuthStateFor(event::AuthTypesFor(*room_->version, draft.type, draft.sender.str(),
                                                                    state_key, draft.content)));
  PARLEY_TRY(event::VerifiedPdu verified, Build(draft, auth));
  PARLEY_RETURN_IF_ERROR(CheckAllowed(verified, auth));
  return verified;
}

absl::Status RoomWrite::CheckAllowed(const event::VerifiedPdu& event, const AuthState& auth) {
  PARLEY_TRY(const event::PduPtr create, State(event::kCreate, ""));
  const auto lookup = [&](std::string_view type, std::string_view state_key) -> const event::Pdu* {
    if (type == event::kCreate) return create.get();
    const auto found = std::find_if(auth.begin(), auth.end(),
                                    [&](const event::PduPtr& pdu) { return pdu->IsState(type, state_key); });
    return found == auth.end() ? nullptr : found->get();
  };
  return event::Authorise(event, lookup).status();
}

absl::StatusOr<Added> RoomWrite::Add(Draft draft) {
  PARLEY_TRY(const event::VerifiedPdu authorised, Draw(draft));

  Pending pending{.pdu = authorised.pdu(), .flags = draft.flags};
  if (draft.state_key) {
    PARLEY_TRY(pending.previous_pdu, State(draft.type, *draft.state_key));
    const event::PduPtr& previous = pending.previous_pdu;
    if (previous && previous->sender == draft.sender && pending_.empty() &&
        json::Value(previous->content) == json::Value(authorised->content)) {
      const std::optional<StateRow> row = room_->state.Find(draft.type, *draft.state_key);
      if (row && !room_->FindInTail(row->event_pos)) {
        unchanged_ = {previous->event_id.str(), row->event_pos};
        return Added{previous, true};
      }
    }
  }
  PARLEY_RETURN_IF_ERROR(FindTargets(pending));
  Apply(std::move(pending));
  return Added{authorised.pdu(), false};
}

absl::Status RoomWrite::FindTargets(Pending& pending) {
  if (pending.pdu->redacts) return FindRedacted(*pending.pdu->redacts, pending);
  pending.relation = RelationOf(pending.pdu->content);
  if (!pending.relation) return absl::OkStatus();
  if (pending.relation->rel_type == "m.thread") {
    pending.thread_root = pending.relation->target;
    return absl::OkStatus();
  }
  PARLEY_TRY(const std::optional<Target> target, Find(pending.relation->target));
  if (target) pending.thread_root = target->thread_root;
  return absl::OkStatus();
}

absl::Status RoomWrite::FindRedacted(const EventId& target, Pending& pending) {
  PARLEY_TRY(std::optional<Target> found, Find(target.str()));
  pending.early = !found;
  if (!found || found->redacted) return absl::OkStatus();
  PARLEY_TRY(const event::PduPtr create, State(event::kCreate, ""));
  PARLEY_TRY(const event::PduPtr levels, State(event::kPowerLevels, ""));
  if (!event::MayRedact(*pending.pdu, *found->pdu, event::PowerLevels(create.get(), levels.get()))) {
    return absl::OkStatus();
  }
  PARLEY_TRY(pending.redacted_pdu, event::Redact(*found->pdu));
  pending.redacted = std::move(found);
  return absl::OkStatus();
}

void RoomWrite::Apply(Pending pending) {
  const int64_t provisional = -static_cast<int64_t>(pending_.size()) - 1;
  if (pending.placed) {
    ApplyPlaced(pending);
  } else if (pending.pdu->IsState()) {
    pending.previous = room_->state.Apply(pending.pdu, provisional);
  }
  pending.extra_server = ExtraServerFor(pending);
  if (pending.redacted && pending.redacted->pdu->IsState()) {
    room_->state.Cache(pending.redacted_pdu, pending.redacted->pos);
  }
  pending.joined_members = room_->state.Count(event::Membership::kJoin);
  pending.invited_members = room_->state.Count(event::Membership::kInvite);
  if (!pending.placed) {
    // An event names only so many; those that it leaves stay.
    const size_t named = std::min(room_->extremities.size(), event::kMaxPrevEvents);
    room_->extremities.erase(room_->extremities.begin(), room_->extremities.begin() + named);
    room_->extremities.push_back(pending.pdu);
  }
  pending_.push_back(std::move(pending));
}

absl::StatusOr<event::VerifiedPdu> BuildCreateEvent(const Context& context, const event::RoomVersion& version,
                                                    const UserId& creator, json::Object content,
                                                    int64_t later_ms) {
  event::EventFields fields;
  if (!version.room_id_is_create_hash) {
    const std::string opaque = crypto::EncodeBase64Url(context.rng.Bytes(16));
    fields.room_id = RoomId::Trusted(StrCat("!", opaque, ":", context.config.server_name));
  }
  fields.sender = creator;
  fields.type = event::kCreate;
  fields.state_key = "";
  fields.content = std::move(content);
  fields.origin_server_ts = context.clock.NowMs() + later_ms;
  return event::EventBuilder(version, context.config.server_name, context.signing_key).Build(std::move(fields));
}

}  // namespace parley::events
