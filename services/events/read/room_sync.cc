#include "services/events/read/room_sync.h"

#include <algorithm>

#include "common/status/macros.h"
#include "services/events/read/lazy_members.h"
#include "services/events/read/receipts_view.h"
#include "services/events/read/room_summary.h"
#include "services/events/read/room_token.h"
#include "services/events/read/stripped_state.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

using event::ClientShape;
using event::Membership;

// Rows looked at, at most, for a timeline whose filter keeps few of them.
constexpr int64_t kMaxScanned = 2000;
constexpr std::string_view kMember = "m.room.member";

bool IsMember(const StateRow& state) { return state.type == kMember; }

}  // namespace

bool RoomSync::Shows(const EventRow& row) const {
  return (row.flags & kNotInForce) == 0 && door_.MaySee(row) && frame_.timeline_filter.Keeps(row);
}

absl::Status RoomSync::CollectTimeline(int64_t after, int64_t upto) {
  const size_t limit = frame_.options.timeline_limit();
  int64_t scanned = 0;
  bool reached_known = false;
  const auto status = ScanBackwards(
      db_, door_.room().partition, door_.room().nid, LiveOrder(upto), kMaxScanned,
      [&](const EventRow& row) {
        ++scanned;
        reached_known = row.ord <= LiveOrder(after);
        if (reached_known) return false;
        // History that was fetched later is for /messages, as is what is missing before a gap.
        limited_ = (row.flags & kBackfilled) != 0;
        if (limited_) return false;
        resolved_ |= (row.flags & kOffLine) != 0;
        if (Shows(row)) {
          limited_ = timeline_.size() == limit;
          if (!limited_) timeline_.push_back(row);
        }
        limited_ |= (row.flags & kAfterGap) != 0;
        return !limited_;
      });
  PARLEY_RETURN_IF_ERROR(status);
  limited_ = limited_ || (scanned == kMaxScanned && !reached_known);
  std::reverse(timeline_.begin(), timeline_.end());
  timeline_start_ = timeline_.empty() ? upto + 1 : PositionAt(timeline_.front().ord);
  return resolved_ ? ReadResolved(upto) : absl::OkStatus();
}

// What state resolution brought into force within the timeline can't be told there; it goes into the state, and what it took the
// place of out of the timeline, where a client would take it for what is in force.
absl::Status RoomSync::ReadResolved(int64_t upto) {
  PARLEY_TRY(const auto changes, StateChanges(db_, door_.room().partition, door_.room().nid,
                                              timeline_start_ - 1, upto));
  for (const StateRow& row : changes) {
    if (row.event_pos == row.from_pos) continue;
    std::erase_if(timeline_, [&row](const EventRow& event) {
      return event.ord < LiveOrder(row.from_pos) && event.type == row.type && event.state_key == row.state_key;
    });
    resolved_changes_.push_back(row);
  }
  return absl::OkStatus();
}

absl::Status RoomSync::WriteTimeline(v1::RoomUpdate& update, int64_t upto) {
  for (const EventRow& row : timeline_) {
    PARLEY_RETURN_IF_ERROR(door_.Append(*update.add_timeline(), row, ClientShape::kWithoutRoomId));
  }
  update.set_limited(limited_);
  const RoomOrder before =
      timeline_.empty() ? LiveOrder(upto) : timeline_.front().ord - 1;
  update.set_prev_batch(RoomToken(before));
  return absl::OkStatus();
}

absl::StatusOr<RoomSync::StateMap> RoomSync::MissingState(int64_t after, int64_t upto) {
  const int64_t point = frame_.options.state_after() ? upto : timeline_start_ - 1;
  const Partition p = door_.room().partition;
  const auto rows = wants_full_state() ? StateAt(db_, p, door_.room().nid, point)
                                       : StateChanges(db_, p, door_.room().nid, after, point);
  if (!rows.ok()) return rows.status();
  StateMap state;
  for (const StateRow& row : *rows) state[{row.type, row.state_key}] = row;
  for (const StateRow& row : resolved_changes_) state[{row.type, row.state_key}] = row;
  if (!frame_.options.state_after() && !frame_.timeline_filter.KeepsAll()) {
    PARLEY_RETURN_IF_ERROR(AddFilteredOut(timeline_start_ - 1, upto, state));
  }
  return state;
}

// State events that lie within the timeline, but which its filter kept out.
absl::Status RoomSync::AddFilteredOut(int64_t start, int64_t upto, StateMap& state) {
  absl::flat_hash_set<int64_t> shown;
  for (const EventRow& row : timeline_) shown.insert(row.pos);
  PARLEY_TRY(const auto changes,
             StateChanges(db_, door_.room().partition, door_.room().nid, start, upto));
  for (const StateRow& row : changes) {
    if (!shown.contains(row.event_pos)) state[{row.type, row.state_key}] = row;
  }
  return absl::OkStatus();
}

// Lazy loading: of the members, only the viewer and those who speak in the timeline; these even if they did not change.
absl::Status RoomSync::KeepNeededMembers(int64_t start, StateMap& state) {
  absl::flat_hash_set<std::string> needed;
  for (const EventRow& row : timeline_) needed.insert(row.sender);
  if (wants_full_state()) needed.insert(door_.viewer().user_id);
  absl::erase_if(state, [&](const auto& entry) {
    return entry.first.first == kMember && !needed.contains(entry.first.second);
  });
  absl::flat_hash_set<std::string> in_timeline;
  for (const EventRow& row : timeline_) {
    if (row.type == kMember && row.state_key) in_timeline.insert(*row.state_key);
  }
  for (const std::string& user : needed) {
    if (in_timeline.contains(user) || state.contains({std::string(kMember), user})) continue;
    PARLEY_TRY(const auto member, StateEntryAt(db_, door_.room().partition, door_.room().nid, start,
                                               kMember, user));
    if (member && !WasSent(*member)) state[{member->type, member->state_key}] = *member;
  }
  for (const auto& [key, row] : state) {
    if (key.first == kMember) NoteSent(row);
  }
  return absl::OkStatus();
}

bool RoomSync::WasSent(const StateRow& member) const {
  if (wants_full_state() || frame_.options.include_redundant_members()) return false;
  return frame_.lazy_members.WasSent(door_.viewer().user_id, door_.viewer().device_id,
                                     door_.room().room_id, member.event_pos);
}

void RoomSync::NoteSent(const StateRow& member) {
  frame_.lazy_members.Sent(door_.viewer().user_id, door_.viewer().device_id, door_.room().room_id,
                           member.event_pos);
}

absl::Status RoomSync::WriteState(v1::RoomUpdate& update, int64_t after, int64_t upto) {
  PARLEY_TRY(StateMap state, MissingState(after, upto));
  const int64_t point = frame_.options.state_after() ? upto : timeline_start_ - 1;
  if (frame_.options.lazy_load_members()) {
    PARLEY_RETURN_IF_ERROR(KeepNeededMembers(point, state));
  }
  std::vector<int64_t> positions;
  for (const auto& [key, row] : state) positions.push_back(row.event_pos);
  std::sort(positions.begin(), positions.end());
  PARLEY_TRY(const auto rows, ReadEvents(db_, door_.room().partition, positions));
  for (const EventRow& row : rows) {
    if (!frame_.state_filter.Keeps(row)) continue;
    PARLEY_RETURN_IF_ERROR(door_.Append(*update.add_state(), row, ClientShape::kWithoutRoomId));
  }
  update.set_state_is_after(frame_.options.state_after());
  return absl::OkStatus();
}

absl::Status RoomSync::WriteReceipts(v1::RoomUpdate& update) {
  if (!frame_.ephemeral_filter.KeepsType("m.receipt")) return absl::OkStatus();
  PARLEY_TRY(const auto receipts, Receipts(db_, door_.room().partition, door_.room().nid,
                                           since_.since()));
  std::string event = ReceiptEvent(receipts, door_.viewer().user_id);
  if (!event.empty()) update.add_ephemeral(std::move(event));
  return absl::OkStatus();
}

absl::StatusOr<bool> RoomSync::WasAway(const StateRow& now, int64_t after) {
  const RoomRow& room = door_.room();
  PARLEY_TRY(const auto history,
             StateHistory(db_, room.partition, room.nid, kMember, now.state_key));
  return std::any_of(history.begin(), history.end(), [&](const StateRow& row) {
    return row.to_pos > after && row.membership != Membership::kJoin;
  });
}

absl::Status RoomSync::WriteMemberChanges(v1::RoomUpdate& update, int64_t after,
                                          bool& members_changed) {
  if (is_initial()) return absl::OkStatus();
  const Partition p = door_.room().partition;
  PARLEY_TRY(const auto changes, StateChanges(db_, p, door_.room().nid, after, head_));
  for (const StateRow& now : changes) {
    if (!IsMember(now)) continue;
    members_changed = true;
    if (now.state_key == door_.viewer().user_id) continue;
    PARLEY_TRY(const auto then,
               StateEntryAt(db_, p, door_.room().nid, after, kMember, now.state_key));
    const bool was_joined = then && then->membership == Membership::kJoin;
    const bool is_joined = now.membership == Membership::kJoin;
    bool was_away = !was_joined;
    if (is_joined && was_joined) {
      PARLEY_TRY(was_away, WasAway(now, after));
    }
    if (is_joined && was_away) update.add_users_joined(now.state_key);
    if (!is_joined && was_joined) update.add_users_left(now.state_key);
  }
  return absl::OkStatus();
}

absl::Status RoomSync::WriteSummary(v1::RoomUpdate& update, bool members_changed) {
  if (!wants_full_state() && !members_changed) return absl::OkStatus();
  PARLEY_TRY(const RoomSummary summary, SummaryFor(db_, door_.room(), door_.viewer().user_id));
  update.set_has_summary(true);
  update.set_joined_member_count(summary.joined);
  update.set_invited_member_count(summary.invited);
  for (const std::string& hero : summary.heroes) update.add_heroes(hero);
  return absl::OkStatus();
}

absl::Status RoomSync::ReadJoined(v1::RoomUpdate& update) {
  const int64_t after = since_.since();
  update.set_membership("join");
  PARLEY_RETURN_IF_ERROR(CollectTimeline(after, head_));
  PARLEY_RETURN_IF_ERROR(WriteTimeline(update, head_));
  PARLEY_RETURN_IF_ERROR(WriteState(update, after, head_));
  PARLEY_RETURN_IF_ERROR(WriteReceipts(update));
  bool members_changed = false;
  PARLEY_RETURN_IF_ERROR(WriteMemberChanges(update, after, members_changed));
  PARLEY_RETURN_IF_ERROR(WriteSummary(update, members_changed));
  const bool news = update.timeline_size() > 0 || update.state_size() > 0 ||
                    update.ephemeral_size() > 0 || update.limited();
  update.set_has_news(news || wants_full_state());
  return absl::OkStatus();
}

absl::Status RoomSync::ReadLeft(v1::RoomUpdate& update) {
  const int64_t left_at = since_.membership_position();
  const bool was_joined = door_.MembershipAt(left_at - 1) == Membership::kJoin;
  const int64_t after = std::min(since_.since(), left_at - 1);
  update.set_membership("leave");
  update.set_has_news(true);
  PARLEY_RETURN_IF_ERROR(CollectTimeline(was_joined ? after : left_at - 1, left_at));
  PARLEY_RETURN_IF_ERROR(WriteTimeline(update, left_at));
  if (!was_joined) return absl::OkStatus();
  return WriteState(update, after, left_at);
}

absl::Status RoomSync::ReadStripped(v1::RoomUpdate& update) {
  update.set_membership(since_.membership());
  const std::string& viewer = door_.viewer().user_id;
  PARLEY_TRY(const auto own, CurrentStateEntry(db_, door_.room().partition, door_.room().nid,
                                               kMember, viewer));
  if (!own) return absl::OkStatus();
  PARLEY_TRY(const auto row, ReadEvent(db_, door_.room().partition, own->event_pos));
  if (!row || frame_.ignored_users.contains(row->sender)) return absl::OkStatus();
  std::vector<std::string> members = {viewer};
  if (row->sender != viewer) members.insert(members.begin(), row->sender);
  PARLEY_TRY(auto stripped, StrippedState(db_, door_.room(), members));
  for (std::string& event : stripped) update.add_stripped_state(std::move(event));
  update.set_has_news(true);
  return absl::OkStatus();
}

}  // namespace parley::events
