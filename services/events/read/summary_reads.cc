#include "services/events/read/summary_reads.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/ids.h"
#include "common/base/partition.h"
#include "common/event/client_format.h"
#include "common/json/splice.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

using event::Membership;

absl::StatusOr<json::Object> StateContent(store::Reader& db, const RoomRow& room,
                                          std::string_view type) {
  PARLEY_TRY(const auto state, CurrentStateEntry(db, room.partition, room.nid, type, ""));
  if (!state) return json::Object();
  PARLEY_TRY(const auto row, ReadEvent(db, room.partition, state->event_pos));
  if (!row) return json::Object();
  return json::ParseObject(event::RawMember(row->pdu, "content"));
}

// The rooms whose members a restricted room lets in.
std::vector<std::string> AllowedRooms(const json::Object& join_rules) {
  std::vector<std::string> rooms;
  const json::Array* allow = json::FindArray(join_rules, "allow");
  if (allow == nullptr) return rooms;
  for (const json::Value& condition : *allow) {
    const json::Object* object = condition.AsObject();
    if (object == nullptr || json::StringOr(*object, "type", "") != "m.room_membership") continue;
    rooms.emplace_back(json::StringOr(*object, "room_id", ""));
  }
  return rooms;
}

class Summary {
 public:
  Summary(const ReadDeps& deps, store::Reader& db, const ReadDoor& door)
      : deps_(deps), db_(db), door_(door) {}

  absl::Status Load() {
    PARLEY_TRY(join_rules_, StateContent(db_, door_.room(), "m.room.join_rules"));
    PARLEY_TRY(create_, StateContent(db_, door_.room(), "m.room.create"));
    rule_ = json::StringOr(join_rules_, "join_rule", "invite");
    return absl::OkStatus();
  }

  absl::StatusOr<bool> IsOpenToReader() const {
    const Membership membership = door_.membership();
    const bool involved = membership == Membership::kJoin || membership == Membership::kInvite ||
                          membership == Membership::kKnock;
    if (involved || door_.IsWorldReadable()) return true;
    if (membership == Membership::kBan) return false;
    if (rule_ == "public" || rule_ == "knock" || rule_ == "knock_restricted") return true;
    return rule_ == "restricted" ? IsInAllowedRoom() : absl::StatusOr<bool>(false);
  }

  absl::StatusOr<bool> IsOpenToServer(std::string_view server) const {
    if (door_.IsWorldReadable() || rule_ == "public" || rule_.starts_with("knock")) return true;
    PARLEY_TRY(const bool has_user, HasUserOf(server));
    if (has_user || rule_ != "restricted") return has_user;
    for (const std::string& room_id : AllowedRooms(join_rules_)) {
      const Partition partition = PartitionOf(room_id, deps_.partitions);
      PARLEY_TRY(const auto room, FindRoom(db_, partition, room_id));
      if (!room) continue;
      PARLEY_TRY(const bool is_there, IsThere(*room, server));
      if (is_there) return true;
    }
    return false;
  }

  bool IsSpace() const { return json::StringOr(create_, "type", "") == "m.space"; }

  absl::Status Write(std::string& out) const {
    const RoomRow& room = door_.room();
    json::Writer w(out);
    w.BeginObject().Key("room_id").String(room.room_id);
    PARLEY_RETURN_IF_ERROR(WriteText(w, "m.room.name", "name", "name"));
    PARLEY_RETURN_IF_ERROR(WriteText(w, "m.room.topic", "topic", "topic"));
    PARLEY_RETURN_IF_ERROR(WriteText(w, "m.room.avatar", "url", "avatar_url"));
    PARLEY_RETURN_IF_ERROR(WriteText(w, "m.room.canonical_alias", "alias", "canonical_alias"));
    PARLEY_RETURN_IF_ERROR(WriteText(w, "m.room.encryption", "algorithm", "encryption"));
    w.Key("join_rule").String(rule_).Key("room_version").String(room.version);
    const std::string_view type = json::StringOr(create_, "type", "");
    if (!type.empty()) w.Key("room_type").String(type);
    WriteAllowed(w);
    PARLEY_TRY(const int64_t members,
               CountMembers(db_, room.partition, room.nid, Membership::kJoin, INT64_MAX));
    PARLEY_TRY(const auto guests, StateContent(db_, room, "m.room.guest_access"));
    w.Key("num_joined_members").Int(members).Key("world_readable").Bool(door_.IsWorldReadable());
    w.Key("guest_can_join").Bool(json::StringOr(guests, "guest_access", "") == "can_join");
    w.EndObject();
    return absl::OkStatus();
  }

 private:
  absl::Status WriteText(json::Writer& w, std::string_view type, std::string_view key,
                         std::string_view name) const {
    PARLEY_TRY(const auto content, StateContent(db_, door_.room(), type));
    const std::string_view text = json::StringOr(content, key, "");
    if (!text.empty()) w.Key(name).String(text);
    return absl::OkStatus();
  }

  void WriteAllowed(json::Writer& w) const {
    const auto allowed = AllowedRooms(join_rules_);
    if (allowed.empty() || !rule_.ends_with("restricted")) return;
    w.Key("allowed_room_ids").BeginArray();
    for (const std::string& room : allowed) w.String(room);
    w.EndArray();
  }

  absl::StatusOr<bool> IsThere(const RoomRow& room, std::string_view server) const {
    PARLEY_TRY(const auto servers, RoomServers(db_, room.partition, room.nid));
    return std::any_of(servers.begin(), servers.end(), [&](const RoomServerRow& row) {
      return row.server == server && row.to_pos == 0;
    });
  }

  // Joined, invited or knocking.
  absl::StatusOr<bool> HasUserOf(std::string_view server) const {
    const RoomRow& room = door_.room();
    PARLEY_TRY(const bool is_there, IsThere(room, server));
    if (is_there) return true;
    PARLEY_TRY(const auto members, CurrentStateOfType(db_, room.partition, room.nid, "m.room.member"));
    return std::any_of(members.begin(), members.end(), [&](const StateRow& member) {
      const bool involved = member.membership == Membership::kInvite || member.membership == Membership::kKnock;
      return involved && UserId::Trusted(member.state_key).server_name() == server;
    });
  }

  absl::StatusOr<bool> IsInAllowedRoom() const {
    for (const std::string& room_id : AllowedRooms(join_rules_)) {
      const Partition partition = PartitionOf(room_id, deps_.partitions);
      PARLEY_TRY(const auto room, FindRoom(db_, partition, room_id));
      if (!room) continue;
      PARLEY_TRY(const auto member, CurrentStateEntry(db_, partition, room->nid, "m.room.member",
                                                      door_.viewer().user_id));
      if (member && member->membership == Membership::kJoin) return true;
    }
    return false;
  }

  const ReadDeps& deps_;
  store::Reader& db_;
  const ReadDoor& door_;
  json::Object join_rules_, create_;
  std::string rule_;
};

// An m.space.child event of a space, in the order that clients show children in.
struct Child {
  bool unordered = true;
  std::string order = {};
  int64_t ts = 0;
  std::string room_id = {};
  bool suggested = false;
  std::string stripped = {};

  auto Key() const { return std::tie(unordered, order, ts, room_id); }
};

bool IsValidOrder(std::string_view order) {
  return !order.empty() && order.size() <= 50 && std::all_of(order.begin(), order.end(), [](char c) {
    return c >= 0x20 && c <= 0x7e;
  });
}

// Nothing for a child that was taken out: without `via` it is none.
std::optional<Child> ChildFrom(const EventRow& row) {
  const auto content = json::ParseObject(event::RawMember(row.pdu, "content"));
  if (!content.ok() || json::FindArray(*content, "via") == nullptr) return std::nullopt;
  Child child;
  child.ts = row.ts;
  child.room_id = *row.state_key;
  const std::string_view order = json::StringOr(*content, "order", "");
  if (IsValidOrder(order)) {
    child.unordered = false;
    child.order = order;
  }
  child.suggested = json::BoolOr(*content, "suggested", false);
  std::string stripped;
  event::AppendStrippedEvent(stripped, row.pdu);
  child.stripped = json::WithMember(stripped, "origin_server_ts", std::to_string(row.ts));
  return child;
}

absl::StatusOr<std::vector<Child>> ReadChildren(store::Reader& db, const RoomRow& room) {
  PARLEY_TRY(const auto states, CurrentStateOfType(db, room.partition, room.nid, "m.space.child"));
  std::vector<Child> children;
  for (const StateRow& state : states) {
    PARLEY_TRY(const auto row, ReadEvent(db, room.partition, state.event_pos));
    if (!row || !row->state_key) continue;
    if (auto child = ChildFrom(*row)) children.push_back(*std::move(child));
  }
  std::sort(children.begin(), children.end(),
            [](const Child& a, const Child& b) { return a.Key() < b.Key(); });
  return children;
}

absl::Status NotOpen() { return NotFound("There is no such room, or it is not open to you"); }

absl::Status AddChildren(store::Reader& db, const RoomRow& room, v1::GetRoomSummaryResponse& response) {
  PARLEY_TRY(auto children, ReadChildren(db, room));
  for (Child& child : children) {
    response.add_children_state(std::move(child.stripped));
    response.add_child_room_ids(std::move(child.room_id));
    response.add_child_suggested(child.suggested);
  }
  return absl::OkStatus();
}

absl::Status Fill(const ReadDeps& deps, store::Reader& db, const v1::GetRoomSummaryRequest& request,
                  v1::GetRoomSummaryResponse& response) {
  const Partition partition = PartitionOf(request.room_id(), deps.partitions);
  PARLEY_TRY(const auto room, FindRoom(db, partition, request.room_id()));
  if (!room) return NotOpen();
  PARLEY_TRY(const ReadDoor door, ReadDoor::Open(db, *room, {request.requester().user_id(),
                                                             request.requester().device_id(),
                                                             deps.clock.NowMs()},
                                                 deps.erased));
  Summary summary(deps, db, door);
  PARLEY_RETURN_IF_ERROR(summary.Load());
  PARLEY_TRY(const bool open, summary.IsOpenToReader());
  if (!open) return NotOpen();
  PARLEY_RETURN_IF_ERROR(summary.Write(*response.mutable_summary()));
  if (door.HasMembership()) {
    response.set_membership(std::string(event::MembershipName(door.membership())));
  }
  return request.with_children() && summary.IsSpace() ? AddChildren(db, *room, response) : absl::OkStatus();
}

absl::Status FillForServer(const ReadDeps& deps, store::Reader& db, const std::string& room_id,
                           std::string_view server, v1::GetRoomSummaryResponse& response) {
  PARLEY_TRY(const auto room, FindRoom(db, PartitionOf(room_id, deps.partitions), room_id));
  if (!room) return NotOpen();
  PARLEY_TRY(const ReadDoor door, ReadDoor::Open(db, *room, {"", "", deps.clock.NowMs()},
                                                 deps.erased));
  Summary summary(deps, db, door);
  PARLEY_RETURN_IF_ERROR(summary.Load());
  PARLEY_TRY(const bool open, summary.IsOpenToServer(server));
  if (!open) return NotOpen();
  PARLEY_RETURN_IF_ERROR(summary.Write(*response.mutable_summary()));
  return summary.IsSpace() ? AddChildren(db, *room, response) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::GetRoomSummaryResponse> GetRoomSummaryForServer(const ReadDeps& deps, const std::string& room_id,
                                                                   std::string_view server) {
  v1::GetRoomSummaryResponse response;
  PARLEY_RETURN_IF_ERROR(deps.store.Read(
      [&](store::Reader& db) { return FillForServer(deps, db, room_id, server, response); }));
  return response;
}

absl::StatusOr<v1::GetRoomSummaryResponse> GetRoomSummary(
    const ReadDeps& deps, const v1::GetRoomSummaryRequest& request) {
  v1::GetRoomSummaryResponse response;
  PARLEY_RETURN_IF_ERROR(deps.store.Read(
      [&](store::Reader& db) { return Fill(deps, db, request, response); }));
  return response;
}

}  // namespace parley::events
