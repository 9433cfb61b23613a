#include "services/events/read/state_reads.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/base/partition.h"
#include "common/event/client_format.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/read/event_array.h"
#include "services/events/read/room_token.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

using event::Membership;

constexpr std::string_view kMember = "m.room.member";

absl::StatusOr<std::vector<StateRow>> StateFor(RoomAccess& access) {
  PARLEY_RETURN_IF_ERROR(CheckMayReadState(access));
  if (access.door.LeftAt() == 0) return CurrentState(access.db, access.partition(), access.nid());
  return StateAt(access.db, access.partition(), access.nid(), access.upto);
}

bool Wanted(const StateRow& member, const v1::GetMembersRequest& request) {
  const std::string_view membership =
      event::MembershipName(member.membership.value_or(Membership::kLeave));
  if (request.membership().empty() && request.not_membership().empty()) return true;
  const bool included = !request.membership().empty() && membership == request.membership();
  const bool not_excluded =
      !request.not_membership().empty() && membership != request.not_membership();
  return included || not_excluded;
}

// The members as of the reader's time, or of an earlier point.
absl::StatusOr<std::vector<StateRow>> MembersAt(RoomAccess& access, const std::string& at) {
  PARLEY_RETURN_IF_ERROR(CheckMayReadState(access));
  if (at.empty() && access.door.LeftAt() == 0) {
    return CurrentStateOfType(access.db, access.partition(), access.nid(), kMember);
  }
  int64_t pos = access.upto;
  if (!at.empty()) {
    PARLEY_TRY(const RoomOrder order, ParseRoomToken(at, access.partition(), LiveOrder(access.upto)));
    // A room begins with its creator in it: the create event and the join behind it are one act.
    pos = std::min(pos, std::max(PositionAt(order), access.nid() + 1));
  }
  PARLEY_TRY(auto rows, StateAt(access.db, access.partition(), access.nid(), pos));
  std::erase_if(rows, [](const StateRow& row) { return row.type != kMember; });
  return rows;
}

// A string of `content` under the name that /joined_members has for it.
void WriteString(json::Writer& w, std::string_view name, std::string_view content,
                 std::string_view key) {
  const std::string_view value = event::RawMember(content, key);
  if (!value.empty() && value.front() == '"') w.Key(name).Raw(value);
}

absl::Status WriteJoined(RoomAccess& access, const std::vector<StateRow>& members,
                         json::Writer& w) {
  for (const StateRow& state : members) {
    if (state.membership != Membership::kJoin) continue;
    PARLEY_TRY(const auto row, ReadEvent(access.db, access.partition(), state.event_pos));
    if (!row) continue;
    const std::string_view content = event::RawMember(row->pdu, "content");
    w.Key(state.state_key).BeginObject();
    WriteString(w, "display_name", content, "displayname");
    WriteString(w, "avatar_url", content, "avatar_url");
    w.EndObject();
  }
  return absl::OkStatus();
}

absl::Status AddEvent(RoomAccess& access, const std::string& event_id, std::string& out) {
  PARLEY_TRY(const auto row, FindEvent(access.db, access.partition(), event_id));
  if (!row || row->room != access.nid() || !access.door.MaySee(*row)) {
    return NotFound("There is no such event");
  }
  return access.door.Append(out, *row);
}

// The old GET /events/{eventId} names no room: every partition of the replica is asked.
absl::StatusOr<std::string> RoomOf(const ReadDeps& deps, std::string_view event_id) {
  std::optional<RoomRow> room;
  PARLEY_RETURN_IF_ERROR(deps.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(room, FindRoomOfEvent(db, deps.partitions, event_id));
    return absl::OkStatus();
  }));
  if (!room) return NotFound("There is no such event");
  return room->room_id;
}

}  // namespace

absl::StatusOr<v1::GetEventResponse> GetEvent(const ReadDeps& deps,
                                              const v1::GetEventRequest& request) {
  v1::GetEventResponse response;
  std::string room_id = request.room_id();
  if (room_id.empty()) {
    PARLEY_TRY(room_id, RoomOf(deps, request.event_id()));
  }
  const auto read = WithRoom(deps, request.requester(), room_id, [&](RoomAccess& access) {
    return AddEvent(access, request.event_id(), *response.mutable_json());
  });
  if (HasErrcode(read, "M_FORBIDDEN")) return NotFound("There is no such event");
  PARLEY_RETURN_IF_ERROR(read);
  response.set_room_id(room_id);
  return response;
}

absl::StatusOr<v1::JsonResponse> GetState(const ReadDeps& deps, const v1::GetStateRequest& request) {
  return JsonFrom(deps, request.requester(), request.room_id(),
                  [](RoomAccess& access, std::string& out) -> absl::Status {
                    PARLEY_TRY(auto rows, StateFor(access));
                    json::Writer w(out);
                    return WriteStateEvents(access, rows, w);
                  });
}

absl::StatusOr<v1::JsonResponse> GetStateEvent(const ReadDeps& deps,
                                               const v1::GetStateEventRequest& request) {
  return JsonFrom(
      deps, request.requester(), request.room_id(),
      [&](RoomAccess& access, std::string& out) -> absl::Status {
        PARLEY_RETURN_IF_ERROR(CheckMayReadState(access));
        PARLEY_TRY(const auto state, StateEntryAt(access.db, access.partition(), access.nid(),
                                                  access.upto, request.type(), request.state_key()));
        if (!state) return NotFound("There is no such state event");
        PARLEY_TRY(const auto row, ReadEvent(access.db, access.partition(), state->event_pos));
        if (!row) return NotFound("There is no such state event");
        if (request.whole_event()) return access.door.Append(out, *row);
        out = event::RawMember(row->pdu, "content");
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::JsonResponse> GetMembers(const ReadDeps& deps,
                                            const v1::GetMembersRequest& request) {
  return JsonFrom(deps, request.requester(), request.room_id(),
                  [&](RoomAccess& access, std::string& out) -> absl::Status {
                    PARLEY_TRY(auto rows, MembersAt(access, request.at()));
                    std::erase_if(rows,
                                  [&](const StateRow& row) { return !Wanted(row, request); });
                    json::Writer w(out);
                    w.BeginObject().Key("chunk");
                    PARLEY_RETURN_IF_ERROR(WriteStateEvents(access, rows, w));
                    w.EndObject();
                    return absl::OkStatus();
                  });
}

absl::StatusOr<v1::JsonResponse> GetJoinedMembers(const ReadDeps& deps,
                                                  const v1::GetJoinedMembersRequest& request) {
  return JsonFrom(deps, request.requester(), request.room_id(),
                  [&](RoomAccess& access, std::string& out) -> absl::Status {
                    if (access.door.membership() != Membership::kJoin) {
                      return Forbidden("You are not in this room");
                    }
                    PARLEY_TRY(const auto rows, CurrentStateOfType(access.db, access.partition(),
                                                                   access.nid(), kMember));
                    json::Writer w(out);
                    w.BeginObject().Key("joined").BeginObject();
                    PARLEY_RETURN_IF_ERROR(WriteJoined(access, rows, w));
                    w.EndObject().EndObject();
                    return absl::OkStatus();
                  });
}

absl::StatusOr<v1::JsonResponse> TimestampToEvent(const ReadDeps& deps,
                                                  const v1::TimestampToEventRequest& request) {
  return JsonFrom(deps, request.requester(), request.room_id(),
                  [&](RoomAccess& access, std::string& out) -> absl::Status {
                    PARLEY_RETURN_IF_ERROR(CheckMayReadState(access));
                    PARLEY_TRY(const auto row,
                               FindByTime(access.db, access.partition(), access.nid(),
                                          request.ts_ms(), request.backwards()));
                    if (!row || !access.door.MaySee(*row)) {
                      return NotFound("There is no event in that direction");
                    }
                    json::Writer w(out);
                    w.BeginObject().Key("event_id").String(row->event_id);
                    w.Key("origin_server_ts").Int(row->ts).EndObject();
                    return absl::OkStatus();
                  });
}

}  // namespace parley::events
