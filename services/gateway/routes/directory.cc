#include "services/gateway/routes/directory.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include "common/base/strings.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/config.h"
#include "services/gateway/federation/remote_directory.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/room_requests.h"

// Client-server API, "Published room directory".
namespace parley::gateway {
namespace {

constexpr int64_t kDefaultPage = 100;
constexpr int64_t kMaxPage = 500;

// One page of the directory: rooms by number of members, largest first.
struct Page {
  int64_t limit = kDefaultPage;
  std::string since;
  events::ListPublicRoomsRequest wanted;
};

// "o<rooms before this page>"; rooms come and go between pages, as the specification allows.
absl::StatusOr<size_t> OffsetOf(const std::string& since) {
  if (since.empty()) return 0;
  uint32_t offset = 0;
  if (since[0] != 'o' || !absl::SimpleAtoi(since.substr(1), &offset)) return InvalidParam("since is no token of ours");
  return offset;
}

void WritePage(json::Writer& out, const std::vector<events::PublicRoom>& rooms, size_t begin, size_t end) {
  out.BeginObject().Key("chunk").BeginArray();
  for (size_t i = begin; i < end; ++i) out.Raw(rooms[i].json());
  out.EndArray();
  const size_t size = end - begin;
  if (end < rooms.size()) out.Key("next_batch").String(absl::StrCat("o", end));
  if (begin > 0) out.Key("prev_batch").String(absl::StrCat("o", begin > size ? begin - std::max<size_t>(size, 1) : 0));
  out.Key("total_room_count_estimate").Int(rooms.size()).EndObject();
}

absl::StatusOr<HttpAnswer> Answer(const Deps& deps, const RequestContext& context, const Page& page) {
  if (page.limit < 0) return InvalidParam("limit must not be negative");
  PARLEY_TRY(const size_t offset, OffsetOf(page.since));
  PARLEY_TRY(const events::ListPublicRoomsResponse found, deps.events.ListPublicRooms(context.call(), page.wanted));
  std::vector<events::PublicRoom> rooms(found.rooms().begin(), found.rooms().end());
  std::sort(rooms.begin(), rooms.end(), [](const auto& a, const auto& b) {
    if (a.num_joined_members() != b.num_joined_members()) return a.num_joined_members() > b.num_joined_members();
    return a.room_id() < b.room_id();
  });
  const size_t begin = std::min(offset, rooms.size());
  const size_t end = std::min(rooms.size(), begin + static_cast<size_t>(std::min(page.limit, kMaxPage)));
  HttpAnswer answer;
  json::Writer out(answer.body);
  WritePage(out, rooms, begin, end);
  return answer;
}

// The server whose directory is asked for, if it is not ours.
std::optional<std::string> OtherServer(const Deps& deps, const RequestContext& context) {
  const std::string server = context.QueryOr("server", deps.config.server_name);
  return server == deps.config.server_name ? std::nullopt : std::optional(server);
}

// GET /_matrix/client/v3/publicRooms
absl::StatusOr<HttpAnswer> ListRooms(const Deps& deps, RequestContext& context) {
  if (const auto server = OtherServer(deps, context)) return RemotePublicRooms(deps, context, *server, nullptr);
  return ListOwnRooms(deps, context);
}

absl::Status ReadFilter(const json::Object& filter, Page& page) {
  PARLEY_TRY(const std::optional<std::string> term, OptionalString(filter, "generic_search_term"));
  page.wanted.set_search_term(term.value_or(""));
  const json::Value* types = filter.Find("room_types");
  if (!types || types->is_null()) return absl::OkStatus();
  if (!types->is_array()) return BadJson("filter.room_types must be an array");
  page.wanted.set_filter_by_type(true);
  for (const json::Value& type : *types->AsArray()) {
    if (!type.is_string() && !type.is_null()) return BadJson("filter.room_types must hold strings and nulls");
    page.wanted.add_room_types(type.is_string() ? *type.AsString() : "");
  }
  return absl::OkStatus();
}

// POST /_matrix/client/v3/publicRooms
absl::StatusOr<HttpAnswer> SearchRooms(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.BodyOrEmpty());
  if (const auto server = OtherServer(deps, context)) return RemotePublicRooms(deps, context, *server, body);
  return SearchOwnRooms(deps, context);
}

// GET /_matrix/client/v3/directory/list/room/{roomId}
absl::StatusOr<HttpAnswer> GetVisibility(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  events::GetDirectoryVisibilityRequest request;
  request.set_room_id(room.str());
  PARLEY_TRY(const auto response, deps.events.GetDirectoryVisibility(context.call(), request));
  return JsonAnswer(json::Object{{"visibility", response.is_public() ? "public" : "private"}});
}

// PUT /_matrix/client/v3/directory/list/room/{roomId}
absl::StatusOr<HttpAnswer> PutVisibility(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.BodyOrEmpty());
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const std::optional<std::string> visibility, OptionalString(*body, "visibility"));
  if (visibility && *visibility != "public" && *visibility != "private") {
    return InvalidParam("visibility must be public or private");
  }
  auto request = RequestBy<events::SetDirectoryVisibilityRequest>(context);
  request.set_room_id(room.str());
  request.set_is_public(visibility.value_or("public") == "public");
  PARLEY_RETURN_IF_ERROR(deps.events.SetDirectoryVisibility(context.call(), request).status());
  return EmptyAnswer();
}

}  // namespace

absl::StatusOr<HttpAnswer> ListOwnRooms(const Deps& deps, RequestContext& context) {
  Page page;
  PARLEY_TRY(page.limit, context.QueryInt("limit", kDefaultPage));
  page.since = context.QueryOr("since", "");
  return Answer(deps, context, page);
}

absl::StatusOr<HttpAnswer> SearchOwnRooms(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.BodyOrEmpty());
  Page page;
  PARLEY_TRY(const std::optional<int64_t> limit, OptionalInt(*body, "limit"));
  page.limit = limit.value_or(kDefaultPage);
  PARLEY_TRY(const std::optional<std::string> since, OptionalString(*body, "since"));
  page.since = since.value_or("");
  if (const json::Value* filter = body->Find("filter"); filter && !filter->is_null()) {
    if (!filter->is_object()) return BadJson("filter must be an object");
    PARLEY_RETURN_IF_ERROR(ReadFilter(*filter->AsObject(), page));
  }
  return Answer(deps, context, page);
}

void AddDirectoryRoutes(Router& router, const Deps& deps) {
  const auto add = [&](std::string_view method, std::string_view path, Auth auth, auto handle) {
    router.Add({.method = method, .path = path, .auth = auth, .handler = [deps, handle](RequestContext& context) {
                  return handle(deps, context);
                }});
  };
  add("GET", "/_matrix/client/v3/publicRooms", Auth::kOptional, ListRooms);
  add("POST", "/_matrix/client/v3/publicRooms", Auth::kGuest, SearchRooms);
  add("GET", "/_matrix/client/v3/directory/list/room/{roomId}", Auth::kOptional, GetVisibility);
  add("PUT", "/_matrix/client/v3/directory/list/room/{roomId}", Auth::kUser, PutVisibility);
}

}  // namespace parley::gateway
