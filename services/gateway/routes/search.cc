#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <absl/strings/escaping.h>

#include "common/base/strings.h"
#include "common/filter/parse.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/events/v1/events.parley.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"

// POST /_matrix/client/v3/search. Client-server API, "Server Side Search".
namespace parley::gateway {
namespace {

using events::v1::SearchRequest;
using events::v1::SearchResponse;
using Answer = absl::StatusOr<HttpAnswer>;

constexpr std::string_view kKeys[] = {"content.body", "content.name", "content.topic"};

absl::StatusOr<const json::Object*> RoomEvents(RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  const json::Object* categories = json::FindObject(*body, "search_categories");
  if (categories == nullptr) return BadJson("search_categories is missing");
  return json::FindObject(*categories, "room_events");
}

absl::Status ReadKeys(const json::Object& category, SearchRequest& request) {
  const json::Value* keys = category.Find("keys");
  if (keys == nullptr) return absl::OkStatus();
  if (keys->AsArray() == nullptr) return BadJson("keys is not an array");
  for (const json::Value& key : *keys->AsArray()) {
    const std::string* name = key.AsString();
    const bool known =
        name != nullptr && std::find(std::begin(kKeys), std::end(kKeys), *name) != std::end(kKeys);
    if (!known) return BadJson("keys holds what can't be searched");
    request.add_keys(*name);
  }
  return absl::OkStatus();
}

absl::Status ReadContext(const json::Object& category, SearchRequest& request) {
  const json::Object* context = json::FindObject(category, "event_context");
  if (context == nullptr) return absl::OkStatus();
  const auto bounded = [](int64_t count) { return static_cast<uint32_t>(std::clamp<int64_t>(count, 0, 50)); };
  request.set_context_before(bounded(json::IntOr(*context, "before_limit", 5)));
  request.set_context_after(bounded(json::IntOr(*context, "after_limit", 5)));
  request.set_include_profile(json::BoolOr(*context, "include_profile", false));
  return absl::OkStatus();
}

absl::StatusOr<SearchRequest> ReadRequest(const RequestContext& context, const json::Object& category) {
  SearchRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  const std::string* term = json::FindString(category, "search_term");
  if (term == nullptr) return BadJson("search_term is missing");
  if (term->size() > 1000) return InvalidParam("search_term is too long");
  request.set_search_term(*term);
  PARLEY_RETURN_IF_ERROR(ReadKeys(category, request));
  PARLEY_RETURN_IF_ERROR(ReadContext(category, request));
  if (const json::Object* filter = json::FindObject(category, "filter")) {
    PARLEY_TRY(const auto parsed, filter::ParseRoomEventFilter(*filter));
    request.set_limit(static_cast<uint32_t>(parsed.LimitOr(10, 100)));
    request.set_filter(json::Serialize(*filter));
  }
  const std::string_view order = json::StringOr(category, "order_by", "rank");
  if (order != "rank" && order != "recent") return BadJson("order_by is neither rank nor recent");
  request.set_order_by_rank(order == "rank");
  request.set_include_state(json::BoolOr(category, "include_state", false));
  request.set_from(context.QueryOr("next_batch", ""));
  return request;
}

// The rooms one is in, and those one has left.
absl::Status AddRooms(accounts::AccountsService& accounts, const RequestContext& context,
                      SearchRequest& request) {
  accounts::v1::ListMembershipsRequest list;
  list.set_user_id(request.requester().user_id());
  list.add_memberships("join");
  list.add_memberships("leave");
  PARLEY_TRY(const auto response, accounts.ListMemberships(context.call(), list));
  for (const auto& membership : response.memberships()) request.add_room_ids(membership.room_id());
  return absl::OkStatus();
}

using Groups = std::map<std::string, std::vector<const events::v1::SearchResult*>>;

void WriteGroup(json::Writer& w, std::string_view key, const Groups& groups) {
  w.Key(key).BeginObject();
  int64_t order = 0;
  for (const auto& [name, results] : groups) {
    w.Key(name).BeginObject().Key("order").Int(order++).Key("results").BeginArray();
    for (const auto* result : results) w.String(result->event_id());
    w.EndArray().EndObject();
  }
  w.EndObject();
}

void WriteGroups(json::Writer& w, const json::Object& category, const SearchResponse& response) {
  const json::Object* groupings = json::FindObject(category, "groupings");
  const json::Array* by = groupings == nullptr ? nullptr : json::FindArray(*groupings, "group_by");
  if (by == nullptr) return;
  w.Key("groups").BeginObject();
  for (const json::Value& grouping : *by) {
    const json::Object* object = grouping.AsObject();
    const std::string_view key = object == nullptr ? "" : json::StringOr(*object, "key", "");
    if (key != "room_id" && key != "sender") continue;
    Groups groups;
    for (const auto& result : response.results()) {
      groups[key == "room_id" ? result.room_id() : result.sender()].push_back(&result);
    }
    WriteGroup(w, key, groups);
  }
  w.EndObject();
}

void WriteResults(json::Writer& w, const SearchResponse& response) {
  w.Key("results").BeginArray();
  for (const auto& result : response.results()) {
    w.BeginObject().Key("rank").Raw(StrCat(result.rank())).Key("result").Raw(result.event());
    if (!result.context().empty()) w.Key("context").Raw(result.context());
    w.EndObject();
  }
  w.EndArray();
}

HttpAnswer Write(const json::Object& category, const SearchResponse& response) {
  HttpAnswer answer;
  json::Writer w(answer.body);
  w.BeginObject().Key("search_categories").BeginObject().Key("room_events").BeginObject();
  w.Key("count").Int(static_cast<int64_t>(response.count())).Key("highlights").BeginArray();
  for (const std::string& word : response.highlights()) w.String(word);
  w.EndArray();
  WriteResults(w, response);
  WriteGroups(w, category, response);
  if (response.state_size() > 0) {
    w.Key("state").BeginObject();
    for (const auto& [room_id, events] : response.state()) w.Key(room_id).Raw(events);
    w.EndObject();
  }
  if (!response.next_from().empty()) w.Key("next_batch").String(response.next_from());
  w.EndObject().EndObject().EndObject();
  return answer;
}

// POST /_matrix/client/v3/search
Answer PostSearch(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* category, RoomEvents(context));
  if (category == nullptr) return JsonAnswer(R"({"search_categories":{}})");
  PARLEY_TRY(SearchRequest request, ReadRequest(context, *category));
  PARLEY_RETURN_IF_ERROR(AddRooms(deps.accounts, context, request));
  PARLEY_TRY(const SearchResponse response, deps.events.Search(context.call(), request));
  return Write(*category, response);
}

}  // namespace

void AddSearchRoutes(Router& router, const Deps& deps) {
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/search",
              .auth = Auth::kUser,
              .limit = Limit::kRead,
              .handler = [deps](RequestContext& context) { return PostSearch(deps, context); }});
}

}  // namespace parley::gateway
