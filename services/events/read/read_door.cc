#include "services/events/read/read_door.h"

#include <algorithm>

#include "common/event/event_types.h"
#include "common/event/redact.h"
#include "common/event/visibility.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "services/events/graph/fork_reads.h"
#include "services/events/read/aggregations.h"
#include "services/events/read/sent_by.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

using event::ClientShape;
using event::HistoryVisibility;
using event::Membership;

HistoryVisibility VisibilityIn(const EventRow& row) {
  const std::string_view content = event::RawMember(row.pdu, "content");
  const std::string_view value = event::RawMember(content, "history_visibility");
  if (value == "\"world_readable\"") return HistoryVisibility::kWorldReadable;
  if (value == "\"invited\"") return HistoryVisibility::kInvited;
  if (value == "\"joined\"") return HistoryVisibility::kJoined;
  return HistoryVisibility::kShared;
}

Membership MembershipIn(const EventRow& row) {
  std::string_view value = event::RawMember(event::RawMember(row.pdu, "content"), "membership");
  if (value.size() < 2) return Membership::kLeave;
  value = value.substr(1, value.size() - 2);
  return event::ParseMembership(value).value_or(Membership::kLeave);
}

}  // namespace

absl::StatusOr<ReadDoor> ReadDoor::Open(store::Reader& db, const RoomRow& room, Viewer viewer,
                                        const ErasedUsers& erased) {
  ReadDoor door(db, room, std::move(viewer), erased);
  PARLEY_RETURN_IF_ERROR(door.Load());
  return door;
}

absl::Status ReadDoor::Load() {
  version_ = event::FindRoomVersion(room_.version);
  if (version_ == nullptr) return absl::InternalError("a stored room has an unknown version");
  if (!viewer_.user_id.empty()) {
    PARLEY_TRY(memberships_, StateHistory(*db_, room_.partition, room_.nid, "m.room.member",
                                          viewer_.user_id));
  }
  PARLEY_TRY(const auto versions, StateHistory(*db_, room_.partition, room_.nid,
                                               "m.room.history_visibility", ""));
  for (const StateRow& version : versions) {
    PARLEY_TRY(const auto row, ReadEvent(*db_, room_.partition, version.event_pos));
    if (row) visibility_.push_back({version.from_pos, VisibilityIn(*row)});
  }
  return absl::OkStatus();
}

Membership ReadDoor::MembershipAt(int64_t pos) const {
  for (const StateRow& version : memberships_) {
    const bool in_force = version.from_pos <= pos && (version.to_pos == 0 || version.to_pos > pos);
    if (in_force) return version.membership.value_or(Membership::kLeave);
  }
  return Membership::kLeave;
}

int64_t ReadDoor::JoinedAt() const {
  int64_t joined_at = 0;
  for (auto it = memberships_.rbegin(); it != memberships_.rend(); ++it) {
    if (it->membership != Membership::kJoin) break;
    joined_at = it->from_pos;
  }
  return joined_at;
}

int64_t ReadDoor::LeftAt() const {
  for (auto it = memberships_.rbegin(); it != memberships_.rend(); ++it) {
    if (it->membership == Membership::kJoin) return it->to_pos;
  }
  return 0;
}

HistoryVisibility ReadDoor::VisibilityAt(int64_t pos) const {
  HistoryVisibility value = HistoryVisibility::kShared;
  for (const VisibilityVersion& version : visibility_) {
    if (version.from_pos <= pos) value = version.value;
  }
  return value;
}

bool ReadDoor::IsWorldReadable() const {
  return VisibilityAt(INT64_MAX - 1) == HistoryVisibility::kWorldReadable;
}

bool ReadDoor::JoinedSince(int64_t pos) const {
  return std::any_of(memberships_.begin(), memberships_.end(), [pos](const StateRow& version) {
    return version.membership == Membership::kJoin &&
           (version.to_pos == 0 || version.to_pos > pos);
  });
}

bool ReadDoor::MaySee(const EventRow& row) const {
  if ((row.flags & kHidden) != 0) return false;
  const bool own_membership = row.type == "m.room.member" && row.state_key == viewer_.user_id;
  if (own_membership) return true;
  if ((row.flags & kOffLine) != 0) return MaySeeOnFork(row).value_or(false);
  return MaySeeAt(PositionAt(row.ord));
}

absl::StatusOr<bool> ReadDoor::MaySeeOnFork(const EventRow& row) const {
  event::VisibilityFacts facts;
  const auto read = [&](std::string_view type, std::string_view key) -> absl::StatusOr<std::optional<EventRow>> {
    PARLEY_TRY(const int64_t pos, EntryBefore(*db_, room_.partition, row, type, key));
    if (pos == 0) return std::nullopt;
    return ReadEvent(*db_, room_.partition, pos);
  };
  PARLEY_TRY(const auto visibility, read("m.room.history_visibility", ""));
  if (visibility) facts.visibility_before = VisibilityIn(*visibility);
  facts.visibility_after =
      row.type == "m.room.history_visibility" ? VisibilityIn(row) : facts.visibility_before;
  PARLEY_TRY(const auto member, read("m.room.member", viewer_.user_id));
  if (member) facts.membership_before = MembershipIn(*member);
  facts.membership_after = facts.membership_before;
  facts.joined_since = JoinedSince(PositionAt(row.ord));
  return event::MaySee(facts);
}

bool ReadDoor::MaySeeAt(int64_t pos) const {
  return event::MaySee({.visibility_before = VisibilityAt(pos - 1),
                        .visibility_after = VisibilityAt(pos),
                        .membership_before = MembershipAt(pos - 1),
                        .membership_after = MembershipAt(pos),
                        .joined_since = JoinedSince(pos)});
}

// State that others build on stays, but for what a member says of themselves.
bool ReadDoor::IsErased(const EventRow& row) const {
  const auto erased_at = erased_->ErasedAt(row.sender, room_.partition);
  if (!erased_at || (row.state_key && row.type != event::kMember)) return false;
  return std::none_of(memberships_.begin(), memberships_.end(), [&](const StateRow& version) {
    return version.membership == Membership::kJoin && version.from_pos <= *erased_at;
  });
}

absl::Status ReadDoor::AppendErased(std::string& out, const EventRow& row, ClientShape shape) const {
  PARLEY_TRY(const auto pdu, event::LoadPdu(row.pdu, EventId::Trusted(row.event_id), *version_));
  PARLEY_TRY(const auto redacted, event::Redact(*pdu));
  event::AppendClientEvent(out, {redacted->bytes, row.event_id, room_.room_id, version_},
                           {.age_ms = std::max<int64_t>(0, viewer_.now_ms - row.ts)}, shape);
  return absl::OkStatus();
}

event::StoredEvent ReadDoor::Stored(const EventRow& row) const {
  return {row.pdu, row.event_id, room_.room_id, version_};
}

absl::StatusOr<std::string> ReadDoor::PlainJson(int64_t pos) {
  PARLEY_TRY(const auto row, ReadEvent(*db_, room_.partition, pos));
  if (!row) return std::string();
  return event::ClientEventJson(Stored(*row), {.age_ms = viewer_.now_ms - row->ts});
}

absl::Status ReadDoor::Append(std::string& out, const EventRow& row, ClientShape shape,
                              Bundle bundle) {
  if (IsErased(row)) return AppendErased(out, row, shape);
  event::UnsignedFields extra{.age_ms = std::max<int64_t>(0, viewer_.now_ms - row.ts)};
  std::string sent_by;
  AddSentBy({row.sender, row.txn_device, row.txn_id}, viewer_.user_id, viewer_.device_id, extra, sent_by);
  std::optional<EventRow> previous;
  if (row.replaces != 0) {
    PARLEY_TRY(previous, ReadEvent(*db_, room_.partition, row.replaces));
  }
  if (previous) {
    extra.prev_content_json = event::RawMember(previous->pdu, "content");
    extra.prev_sender = previous->sender;
    extra.replaces_state = previous->event_id;
  }
  if (!memberships_.empty()) extra.membership = event::MembershipName(MembershipAt(row.pos));
  std::string redacted_because;
  if (row.redacted_by != 0) {
    PARLEY_TRY(redacted_because, PlainJson(row.redacted_by));
    extra.redacted_because_json = redacted_because;
  }
  PARLEY_TRY(const std::string relations, AggregationsJson(*db_, *this, row, bundle));
  extra.relations_json = relations;
  event::AppendClientEvent(out, Stored(row), extra, shape);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadDoor::Json(const EventRow& row, ClientShape shape,
                                           Bundle bundle) {
  std::string out;
  PARLEY_RETURN_IF_ERROR(Append(out, row, shape, bundle));
  return out;
}

}  // namespace parley::events
