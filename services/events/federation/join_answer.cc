#include "services/events/federation/join_answer.h"

#include <algorithm>

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_set.h>

#include "common/base/ids.h"
#include "common/event/client_format.h"
#include "common/event/event_types.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "services/events/federation/auth_chain.h"
#include "services/events/graph/fork_reads.h"
#include "services/events/read/room_summary.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

using Names = absl::btree_set<std::string>;

Names ServersIn(const std::vector<StateRow>& state) {
  Names servers;
  for (const StateRow& row : state) {
    if (row.membership != event::Membership::kJoin) continue;
    servers.emplace(UserId::Trusted(row.state_key).server_name());
  }
  return servers;
}

bool HasName(const std::vector<StateRow>& state) {
  return std::any_of(state.begin(), state.end(), [](const StateRow& row) {
    return row.state_key.empty() &&
           (row.type == "m.room.name" || row.type == "m.room.canonical_alias");
  });
}

// Of the members, those whose names make the room's.
absl::Status OmitMembers(store::Reader& db, const RoomRow& room, const std::string& joiner,
                         std::vector<StateRow>& state) {
  absl::flat_hash_set<std::string> kept;
  if (!HasName(state)) {
    PARLEY_TRY(const RoomSummary summary, SummaryFor(db, room, joiner));
    kept.insert(summary.heroes.begin(), summary.heroes.end());
  }
  std::erase_if(state, [&](const StateRow& row) {
    return row.type == event::kMember && !kept.contains(row.state_key);
  });
  return absl::OkStatus();
}

void WriteEvents(json::Writer& writer, std::string_view key, const std::vector<EventRow>& events) {
  writer.Key(key).BeginArray();
  for (const EventRow& event : events) writer.Raw(event.pdu);
  writer.EndArray();
}

// One answer, inside its snapshot.
class AnswerWriter {
 public:
  AnswerWriter(store::Reader& db, const Room& room, std::string_view own_name, std::string& out)
      : db_(db),
        room_{room.partition, room.nid, room.id, std::string(room.version->id)},
        version_(*room.version),
        own_name_(own_name),
        out_(out) {}

  absl::Status Write(int64_t join_pos, bool omit_members) {
    PARLEY_TRY(const std::optional<EventRow> join, ReadEvent(db_, room_.partition, join_pos));
    if (!join) return absl::DataLossError("a join is not in the store");
    PARLEY_TRY(std::vector<StateRow> state, StateBefore(*join));
    const Names servers = ServersIn(state);
    if (omit_members) PARLEY_RETURN_IF_ERROR(OmitMembers(db_, room_, join->sender, state));
    PARLEY_TRY(std::vector<EventRow> events, ReadState(state));
    events.push_back(*join);
    PARLEY_TRY(std::vector<EventRow> chain, ReadAuthChain(db_, room_.partition, version_, events));
    events.pop_back();
    if (omit_members) LeaveOut(events, chain);
    WriteAnswer(*join, events, chain, servers, omit_members);
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<std::vector<StateRow>> StateBefore(const EventRow& join) {
    if ((join.flags & kOffLine) == 0) {
      return StateAt(db_, room_.partition, room_.nid, join.pos - 1);
    }
    PARLEY_TRY(const std::vector<int64_t> positions, PositionsBefore(db_, room_.partition, join));
    PARLEY_TRY(const std::vector<EventRow> events, ReadEvents(db_, room_.partition, positions));
    std::vector<StateRow> state;
    for (const EventRow& event : events) state.push_back(StateRowOf(event));
    return state;
  }

  static StateRow StateRowOf(const EventRow& event) {
    StateRow row{event.type, event.state_key.value_or(""), event.pos, event.pos, 0, std::nullopt};
    if (event.type != event::kMember) return row;
    const std::string_view membership =
        event::RawMember(event::RawMember(event.pdu, "content"), "membership");
    if (membership.size() > 2) {
      row.membership = event::ParseMembership(membership.substr(1, membership.size() - 2));
    }
    return row;
  }

  absl::StatusOr<std::vector<EventRow>> ReadState(const std::vector<StateRow>& state) {
    std::vector<int64_t> positions;
    positions.reserve(state.size());
    for (const StateRow& row : state) positions.push_back(row.event_pos);
    std::sort(positions.begin(), positions.end());
    return ReadEvents(db_, room_.partition, positions);
  }

  static void LeaveOut(const std::vector<EventRow>& state, std::vector<EventRow>& chain) {
    absl::flat_hash_set<int64_t> known;
    for (const EventRow& event : state) known.insert(event.pos);
    std::erase_if(chain, [&](const EventRow& event) { return known.contains(event.pos); });
  }

  void WriteAnswer(const EventRow& join, const std::vector<EventRow>& state,
                   const std::vector<EventRow>& chain, const Names& servers, bool omit_members) {
    json::Writer writer(out_);
    writer.BeginObject().Key("origin").String(own_name_);
    writer.Key("event").Raw(join.pdu);
    WriteEvents(writer, "state", state);
    WriteEvents(writer, "auth_chain", chain);
    writer.Key("members_omitted").Bool(omit_members);
    writer.Key("servers_in_room").BeginArray();
    for (const std::string& server : servers) writer.String(server);
    writer.EndArray().EndObject();
  }

  store::Reader& db_;
  const RoomRow room_;
  const event::RoomVersion& version_;
  const std::string_view own_name_;
  std::string& out_;
};

}  // namespace

absl::StatusOr<std::string> JoinAnswer(const Context& context, const Room& room, int64_t join_pos,
                                       bool omit_members) {
  std::string json;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) {
    return AnswerWriter(db, room, context.config.server_name, json).Write(join_pos, omit_members);
  }));
  return json;
}

}  // namespace parley::events
