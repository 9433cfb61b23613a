#include "services/events/read/push_judgement.h"

#include <algorithm>
#include <limits>

#include "common/event/client_format.h"
#include "common/event/event_types.h"
#include "common/event/power_levels.h"
#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

// The default rules ask only whether a room has two members.
constexpr int64_t kMembersThatMatter = 3;
constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
constexpr std::string_view kCallInvite = "m.call.invite";

std::string ThreadName(const std::string& thread_id) {
  return thread_id == "main" ? std::string() : thread_id;
}

absl::StatusOr<event::PduPtr> StateEvent(store::Reader& db, const RoomRow& room,
                                         const event::RoomVersion& version, std::string_view type,
                                         std::string_view state_key) {
  PARLEY_TRY(const auto state, CurrentStateEntry(db, room.partition, room.nid, type, state_key));
  if (!state) return nullptr;
  PARLEY_TRY(auto row, ReadEvent(db, room.partition, state->event_pos));
  if (!row) return nullptr;
  return event::LoadPdu(std::move(row->pdu), EventId::Trusted(row->event_id), version);
}

}  // namespace

ReadMarks::ReadMarks(const std::vector<ReceiptRow>& receipts, int64_t joined_at) : everywhere_(joined_at) {
  for (const ReceiptRow& receipt : receipts) {
    latest_change_ = std::max(latest_change_, receipt.pos);
    int64_t& mark = receipt.thread_id.empty() ? everywhere_ : threads_[ThreadName(receipt.thread_id)];
    mark = std::max(mark, receipt.event_pos);
  }
}

int64_t ReadMarks::In(const std::string& thread) const {
  const auto found = threads_.find(thread);
  return found == threads_.end() ? everywhere_ : std::max(everywhere_, found->second);
}

absl::StatusOr<PushFacts> PushFacts::Read(store::Reader& db, const ReadDoor& door, bool count_all) {
  const RoomRow& room = door.room();
  const event::RoomVersion& version = *event::FindRoomVersion(room.version);
  PushFacts facts;
  PARLEY_TRY(facts.create, StateEvent(db, room, version, "m.room.create", ""));
  PARLEY_TRY(facts.power_levels, StateEvent(db, room, version, "m.room.power_levels", ""));
  PARLEY_RETURN_IF_ERROR(facts.ReadOwnName(db, door));
  const int64_t cap = count_all ? kForever : kMembersThatMatter;
  PARLEY_TRY(facts.members, CountMembers(db, room.partition, room.nid, event::Membership::kJoin, cap));
  return facts;
}

absl::Status PushFacts::ReadOwnName(store::Reader& db, const ReadDoor& door) {
  const RoomRow& room = door.room();
  PARLEY_TRY(const auto state,
             CurrentStateEntry(db, room.partition, room.nid, event::kMember, door.viewer().user_id));
  if (!state) return absl::OkStatus();
  PARLEY_TRY(const auto row, ReadEvent(db, room.partition, state->event_pos));
  if (!row) return absl::OkStatus();
  const auto content = json::ParseObject(event::RawMember(row->pdu, "content"));
  if (content.ok()) own_name = json::StringOr(*content, "displayname", "");
  own_member_pos = state->event_pos;
  return absl::OkStatus();
}

push_rules::RoomView PushFacts::ViewFor(const std::string& sender) const {
  push_rules::RoomView view;
  view.member_count = members;
  view.sender_power_level = event::PowerLevels(create.get(), power_levels.get()).UserLevel(sender);
  if (power_levels) view.notification_levels = json::FindObject(power_levels->content, "notifications");
  view.display_name = own_name;
  return view;
}

bool MayNotify(const ReadDoor& door, const EventRow& row) {
  return row.sender != door.viewer().user_id && (row.flags & (kRedacted | kBackfilled)) == 0 && door.MaySee(row);
}

int64_t NewsUntil(std::string_view type, int64_t sent_ms, const json::Object& content) {
  if (type != kCallInvite) return kForever;
  const int64_t sent = std::max<int64_t>(sent_ms, 0);
  return sent + std::clamp<int64_t>(json::IntOr(content, "lifetime", 0), 0, kForever - sent);
}

int64_t NewsUntil(const EventRow& row) {
  if (row.type != kCallInvite) return kForever;
  const auto content = json::ParseObject(event::RawMember(row.pdu, "content"));
  return NewsUntil(row.type, row.ts, content.ok() ? *content : json::Object());
}

std::optional<push_rules::Outcome> Judge(const ReadDoor& door, const EventRow& row,
                                         const push_rules::CompiledRules& rules, const PushFacts& facts) {
  const auto content = json::ParseObject(event::RawMember(row.pdu, "content"));
  if (!content.ok()) return std::nullopt;
  push_rules::EventView view{row.event_id, door.room().room_id, row.type, row.sender, std::nullopt, &*content};
  if (row.state_key) view.state_key = *row.state_key;
  return rules.Evaluate(view, facts.ViewFor(row.sender), door.viewer().user_id);
}

}  // namespace parley::events
