#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <absl/strings/escaping.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include "common/base/strings.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/events/v1/events.parley.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/room_requests.h"

// Rooms seen from outside: the summary of one, and the tree of a space. Client-server API, "Spaces".
namespace parley::gateway {
namespace {

using events::EventsService;
using events::v1::GetRoomSummaryRequest;
using events::v1::GetRoomSummaryResponse;
using Answer = absl::StatusOr<HttpAnswer>;

constexpr int64_t kDefaultPage = 50;
constexpr int64_t kMaxPage = 100;
constexpr int64_t kMaxDepth = 10;
constexpr size_t kMaxRooms = 1000;

absl::StatusOr<GetRoomSummaryResponse> Summary(EventsService& events, RequestContext& context,
                                               const NamedRoom& room, bool with_children) {
  GetRoomSummaryRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  request.set_room_id(room.room_id);
  request.set_with_children(with_children);
  for (const std::string& server : room.servers) request.add_servers(server);
  return events.GetRoomSummary(context.call(), request);
}

// GET /_matrix/client/v1/room_summary/{roomIdOrAlias}
Answer GetRoomSummary(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const NamedRoom room, ResolveRoom(deps, context, context.Param("roomIdOrAlias")));
  PARLEY_TRY(const auto summary, Summary(deps.events, context, room, false));
  std::string json = summary.summary();
  if (!summary.membership().empty()) {
    json = json::WithMember(json, "membership", json::Quoted(summary.membership()));
  }
  return JsonAnswer(std::move(json));
}

struct HierarchyQuery {
  std::string root;
  int64_t max_depth = kMaxDepth;
  int64_t limit = kDefaultPage;
  bool suggested_only = false;
  size_t offset = 0;
};

// A page token says where its walk was and what it asked: another question is another walk.
std::string PageToken(const HierarchyQuery& query, size_t offset) {
  return absl::WebSafeBase64Escape(Abs(StrCat(offset, ":", query.max_depth, ":", query.suggested_only ? 1 : 0)));
}

absl::Status ReadPageToken(std::string_view token, HierarchyQuery& query) {
  std::string text;
  const auto bad = [] { return InvalidParam("from is not one of ours, or of another request"); };
  if (!absl::WebSafeBase64Unescape(Abs(token), &text)) return bad();
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &query.offset)) return bad();
  return PageToken(query, query.offset) == token ? absl::OkStatus() : bad();
}

absl::StatusOr<HierarchyQuery> ReadQuery(RequestContext& context) {
  HierarchyQuery query;
  PARLEY_TRY(const RoomId root, context.RoomParam("roomId"));
  query.root = root.str();
  PARLEY_TRY(const int64_t depth, context.QueryInt("max_depth", kMaxDepth));
  PARLEY_TRY(const int64_t limit, context.QueryInt("limit", kDefaultPage));
  PARLEY_TRY(query.suggested_only, context.QueryBool("suggested_only", false));
  if (depth < 0 || limit <= 0) return InvalidParam("max_depth or limit is out of range");
  query.max_depth = std::min(depth, kMaxDepth);
  query.limit = std::min(limit, kMaxPage);
  if (const auto from = context.Query("from")) {
    PARLEY_RETURN_IF_ERROR(ReadPageToken(*from, query));
  }
  return query;
}

// The servers that an m.space.child names.
std::vector<std::string> ViaOf(const std::string& child_state) {
  std::vector<std::string> servers;
  const auto event = json::ParseObject(child_state);
  const json::Object* content = event.ok() ? json::FindObject(*event, "content") : nullptr;
  const json::Array* via = content != nullptr ? json::FindArray(*content, "via") : nullptr;
  if (via == nullptr) return servers;
  for (const json::Value& server : *via) {
    if (server.AsString() != nullptr && IsValidServerName(*server.AsString())) servers.push_back(*server.AsString());
  }
  return servers;
}

// Walks the tree depth first, each room once; rooms that are not open to the requester are left out with what is below them.
class Walk {
 public:
  Walk(EventsService& events, RequestContext& context, const HierarchyQuery& query)
      : events_(events), context_(context), query_(query) {}

  Answer Run() {
    HttpAnswer answer;
    json::Writer w(answer.body);
    w.BeginObject().Key("rooms").BeginArray();
    stack_.push_back({query_.root, 0, {}});
    const size_t end = query_.offset + static_cast<size_t>(query_.limit);
    while (!stack_.empty() && shown_ < end && seen_.size() < kMaxRooms) {
      PARLEY_RETURN_IF_ERROR(Visit(w));
    }
    w.EndArray();
    if (HasMore()) w.Key("next_batch").String(PageToken(query_, end));
    w.EndObject();
    return answer;
  }

 private:
  struct Node {
    std::string room_id;
    int64_t depth = 0;
    std::vector<std::string> servers = {};  // that may know it
  };

  bool HasMore() const {
    return std::any_of(stack_.begin(), stack_.end(),
                       [this](const Node& node) { return !seen_.contains(node.room_id); });
  }

  absl::Status Visit(json::Writer& w) {
    const Node node = stack_.back();
    stack_.pop_back();
    if (!seen_.insert(node.room_id).second) return absl::OkStatus();
    const auto summary = Summary(events_, context_, {node.room_id, node.servers}, true);
    if (!summary.ok()) {
      const bool is_root = node.depth == 0;
      if (is_root && HasErrcode(summary.status(), "M_NOT_FOUND")) {
        return Forbidden("You may not see this space, or it does not exist");
      }
      return HasErrcode(summary.status(), "M_NOT_FOUND") ? absl::OkStatus() : summary.status();
    }
    if (shown_++ >= query_.offset) Write(*summary, w);
    if (node.depth < query_.max_depth) PushChildren(*summary, node.depth + 1);
    return absl::OkStatus();
  }

  bool Follows(const GetRoomSummaryResponse& summary, int child) const {
    return !query_.suggested_only || summary.child_suggested(child);
  }

  void Write(const GetRoomSummaryResponse& summary, json::Writer& w) const {
    std::string children = "[";
    for (int i = 0; i < summary.children_state_size(); ++i) {
      if (!Follows(summary, i)) continue;
      if (children.size() > 1) children += ',';
      children += summary.children_state(i);
    }
    children += ']';
    w.Raw(json::WithMember(summary.summary(), "children_state", children));
  }

  void PushChildren(const GetRoomSummaryResponse& summary, int64_t depth) {
    for (int i = summary.child_room_ids_size() - 1; i >= 0; --i) {
      if (Follows(summary, i)) stack_.push_back({summary.child_room_ids(i), depth, ViaOf(summary.children_state(i))});
    }
  }

  EventsService& events_;
  RequestContext& context_;
  const HierarchyQuery& query_;
  std::vector<Node> stack_;
  std::set<std::string> seen_;
  size_t shown_ = 0;
};

// GET /_matrix/client/v1/rooms/{roomId}/hierarchy
Answer GetHierarchy(EventsService& events, RequestContext& context) {
  PARLEY_TRY(const HierarchyQuery query, ReadQuery(context));
  return Walk(events, context, query).Run();
}

}  // namespace

void AddSpaceRoutes(Router& router, const Deps& deps) {
  EventsService& events = deps.events;
  router.Add({.method = "GET",
              .path = "/_matrix/client/v1/room_summary/{roomIdOrAlias}",
              .auth = Auth::kOptional,
              .limit = Limit::kRead,
              .handler = [deps](RequestContext& c) { return GetRoomSummary(deps, c); }});
  router.Add({.method = "GET",
              .path = "/_matrix/client/unstable/im.nheko.summary/rooms/{roomIdOrAlias}/summary",
              .auth = Auth::kOptional,
              .limit = Limit::kRead,
              .handler = [deps](RequestContext& c) { return GetRoomSummary(deps, c); }});
  router.Add({.method = "GET",
              .path = "/_matrix/client/v1/rooms/{roomId}/hierarchy",
              .auth = Auth::kUser,
              .limit = Limit::kRead,
              .handler = [&events](RequestContext& c) { return GetHierarchy(events, c); }});
}

}  // namespace parley::gateway
