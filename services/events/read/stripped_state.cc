#include "services/events/read/stripped_state.h"

#include <string_view>
#include <utility>

#include <absl/functional/function_ref.h>

#include "common/event/client_format.h"
#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr std::string_view kShown[] = {
    "m.room.create",     "m.room.name",       "m.room.avatar",    "m.room.topic",
    "m.room.join_rules", "m.room.encryption", "m.room.canonical_alias"};

absl::Status ForEachShown(store::Reader& db, const RoomRow& room,
                          const std::vector<std::string>& members,
                          absl::FunctionRef<void(EventRow&)> show) {
  std::vector<std::pair<std::string_view, std::string_view>> wanted;
  for (const std::string_view type : kShown) wanted.emplace_back(type, "");
  for (const std::string& member : members) wanted.emplace_back("m.room.member", member);
  for (const auto& [type, state_key] : wanted) {
    PARLEY_TRY(const auto state, CurrentStateEntry(db, room.partition, room.nid, type, state_key));
    if (!state) continue;
    PARLEY_TRY(auto row, ReadEvent(db, room.partition, state->event_pos));
    if (row) show(*row);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> StrippedState(store::Reader& db, const RoomRow& room,
                                                       const std::vector<std::string>& members) {
  std::vector<std::string> stripped;
  PARLEY_RETURN_IF_ERROR(ForEachShown(db, room, members, [&](EventRow& row) {
    event::AppendStrippedEvent(stripped.emplace_back(), row.pdu);
  }));
  return stripped;
}

absl::StatusOr<std::vector<std::string>> IdentifyingPdus(store::Reader& db, const RoomRow& room,
                                                         const std::vector<std::string>& members) {
  std::vector<std::string> pdus;
  PARLEY_RETURN_IF_ERROR(ForEachShown(db, room, members, [&](EventRow& row) { pdus.push_back(std::move(row.pdu)); }));
  return pdus;
}

}  // namespace parley::events
