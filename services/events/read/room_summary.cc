#include "services/events/read/room_summary.h"

#include <algorithm>

#include "common/event/client_format.h"
#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

using event::Membership;

constexpr size_t kHeroes = 5;

bool IsPresent(const StateRow& member) {
  return member.membership == Membership::kJoin || member.membership == Membership::kInvite;
}

// A name that says something: a name event whose content lost its text names nothing.
absl::StatusOr<bool> HasText(store::Reader& db, const RoomRow& room, std::string_view type,
                             std::string_view key) {
  PARLEY_TRY(const auto state, CurrentStateEntry(db, room.partition, room.nid, type, ""));
  if (!state) return false;
  PARLEY_TRY(const auto row, ReadEvent(db, room.partition, state->event_pos));
  if (!row) return false;
  const std::string_view value = event::RawMember(event::RawMember(row->pdu, "content"), key);
  return value.size() > 2 && value.front() == '"';
}

// The first who came; where nobody else is in the room, the first who were.
std::vector<std::string> Heroes(const std::vector<StateRow>& members, std::string_view viewer) {
  std::vector<const StateRow*> present, gone;
  for (const StateRow& member : members) {
    if (member.state_key == viewer) continue;
    (IsPresent(member) ? present : gone).push_back(&member);
  }
  auto& chosen = present.empty() ? gone : present;
  const size_t count = std::min(chosen.size(), kHeroes);
  std::partial_sort(chosen.begin(), chosen.begin() + count, chosen.end(),
                    [](const auto* a, const auto* b) { return a->from_pos < b->from_pos; });
  std::vector<std::string> heroes;
  for (size_t i = 0; i < count; ++i) heroes.push_back(chosen[i]->state_key);
  return heroes;
}

}  // namespace

absl::StatusOr<RoomSummary> SummaryFor(store::Reader& db, const RoomRow& room,
                                       std::string_view viewer) {
  PARLEY_TRY(const auto members,
             CurrentStateOfType(db, room.partition, room.nid, "m.room.member"));
  RoomSummary summary;
  for (const StateRow& member : members) {
    summary.joined += member.membership == Membership::kJoin;
    summary.invited += member.membership == Membership::kInvite;
  }
  PARLEY_TRY(const bool named, HasText(db, room, "m.room.name", "name"));
  PARLEY_TRY(const bool has_alias, HasText(db, room, "m.room.canonical_alias", "alias"));
  if (!named && !has_alias) summary.heroes = Heroes(members, viewer);
  return summary;
}

}  // namespace parley::events
