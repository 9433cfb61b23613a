#include "services/events/federation/hierarchy.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/json/splice.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/federation/ask.h"
#include "services/events/federation/candidates.h"
#include "services/events/federation/remote_membership.h"
#include "services/events/federation/server_acl.h"
#include "services/events/other_room.h"
#include "services/events/read/summary_reads.h"

namespace parley::events {
namespace {

constexpr int kMaxChildren = 100;
constexpr absl::Duration kTimeout = absl::Seconds(8);

ReadDeps DepsOf(const Context& context) {
  return {context.store, context.clock, context.erased, context.streams.partitions()};
}

std::string WithChildrenState(const v1::GetRoomSummaryResponse& summary, bool suggested_only) {
  std::string children;
  json::Writer writer(children);
  writer.BeginArray();
  for (int i = 0; i < summary.children_state_size(); ++i) {
    if (!suggested_only || summary.child_suggested(i)) writer.Raw(summary.children_state(i));
  }
  writer.EndArray();
  return json::WithMember(summary.summary(), "children_state", children);
}

// The children of a room, told apart by whether the asking server may know of them. Those that this
// server is not in are neither.
struct Children {
  std::vector<std::string> open;  // JSON
  std::vector<std::string> inaccessible;
};

Children ChildrenOf(const Context& context, const v1::GetFederationHierarchyRequest& request,
                    const v1::GetRoomSummaryResponse& parent) {
  Children children;
  for (int i = 0; i < std::min(parent.child_room_ids_size(), kMaxChildren); ++i) {
    const std::string& room_id = parent.child_room_ids(i);
    if (request.suggested_only() && !parent.child_suggested(i)) continue;
    if (!IsResident(context, room_id)) continue;
    const auto child = GetRoomSummaryForServer(DepsOf(context), room_id, request.origin());
    if (child.ok()) children.open.push_back(WithChildrenState(*child, request.suggested_only()));
    if (!child.ok()) children.inaccessible.push_back(room_id);
  }
  return children;
}

// Whether a room of which another server told is open to the requester.
bool IsOpenTo(const Context& context, const json::Object& room, const std::string& user) {
  const std::string_view rule = json::StringOr(room, "join_rule", "public");
  if (json::BoolOr(room, "world_readable", false) || rule == "public" ||
      rule.starts_with("knock")) {
    return true;
  }
  const json::Array* allowed = json::FindArray(room, "allowed_room_ids");
  if (rule != "restricted" || allowed == nullptr) return false;
  return std::any_of(allowed->begin(), allowed->end(), [&](const json::Value& id) {
    if (id.AsString() == nullptr || !IsResident(context, *id.AsString())) return false;
    const auto membership = MembershipElsewhere(context, *id.AsString(), user);
    return membership.ok() && *membership == event::Membership::kJoin;
  });
}

void TakeChildren(json::Object& room, v1::GetRoomSummaryResponse& response) {
  json::Value* children = room.Find("children_state");
  if (children == nullptr || children->AsArray() == nullptr) return;
  for (const json::Value& child : *children->AsArray()) {
    const json::Object* event = child.AsObject();
    const json::Object* content = event ? json::FindObject(*event, "content") : nullptr;
    if (content == nullptr || json::FindArray(*content, "via") == nullptr) continue;
    if (response.children_state_size() >= kMaxChildren) break;
    response.add_children_state(json::Serialize(*event));
    response.add_child_room_ids(std::string(json::StringOr(*event, "state_key", "")));
    response.add_child_suggested(json::BoolOr(*content, "suggested", false));
  }
}

absl::StatusOr<v1::GetRoomSummaryResponse> SummaryFrom(const Context& context,
                                                       const rpc::Call& call,
                                                       const std::string& server,
                                                       const v1::GetRoomSummaryRequest& request,
                                                       std::string_view membership) {
  const Question question{.path = PathOf("/_matrix/federation/v1/hierarchy", {request.room_id()}),
                          .timeout = kTimeout};
  PARLEY_TRY(const std::string body, Ask(context, call, server, question));
  PARLEY_TRY(json::Object answer, json::ParseObject(body));
  json::Value* told = answer.Find("room");
  if (told == nullptr || told->AsObject() == nullptr) return NotFound("There is no such room");
  json::Object& room = *told->AsObject();
  if (json::StringOr(room, "room_id", "") != request.room_id()) return NotFound("Another room");
  const bool is_invited = membership == "invite" || membership == "knock";
  if (!is_invited && !IsOpenTo(context, room, request.requester().user_id())) {
    return NotFound("There is no such room, or it is not open to you");
  }
  v1::GetRoomSummaryResponse response;
  if (request.with_children()) TakeChildren(room, response);
  room.Erase("children_state");
  response.set_summary(json::Serialize(room));
  response.set_membership(std::string(membership));
  return response;
}

}  // namespace

absl::StatusOr<v1::FederationJson> ReadHierarchy(const Context& context,
                                                 const v1::GetFederationHierarchyRequest& request) {
  PARLEY_RETURN_IF_ERROR(OpenSharedRoom(context, request.room_id(), request.origin()).status());
  PARLEY_TRY(const v1::GetRoomSummaryResponse room,
             GetRoomSummaryForServer(DepsOf(context), request.room_id(), request.origin()));
  const Children children = ChildrenOf(context, request, room);
  v1::FederationJson answer;
  json::Writer writer(*answer.mutable_json());
  writer.BeginObject().Key("room").Raw(WithChildrenState(room, request.suggested_only()));
  writer.Key("children").BeginArray();
  for (const std::string& child : children.open) writer.Raw(child);
  writer.EndArray().Key("inaccessible_children").BeginArray();
  for (const std::string& room_id : children.inaccessible) writer.String(room_id);
  writer.EndArray().EndObject();
  return answer;
}

absl::StatusOr<v1::GetRoomSummaryResponse> SummaryElsewhere(
    const Context& context, const rpc::Call& call, const v1::GetRoomSummaryRequest& request) {
  const absl::Status not_found = NotFound("There is no such room, or it is not open to you");
  const std::string& user = request.requester().user_id();
  if (context.federation == nullptr || user.empty()) return not_found;
  PARLEY_TRY(const auto row, RemoteMembershipOf(context, request.room_id(), user));
  PARLEY_TRY(const Candidates candidates,
             CandidatesFor(context, {request.room_id(),
                                     UserId::Trusted(user),
                                     {},
                                     {request.servers().begin(), request.servers().end()}}));
  auto summary = AskInTurn(candidates, [&](const std::string& server) {
    return SummaryFrom(context, call, server, request, row ? row->membership : "");
  });
  return summary.ok() ? summary : not_found;
}

}  // namespace parley::events
