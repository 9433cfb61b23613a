#include <algorithm>

#include <absl/container/flat_hash_set.h>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/common/v1/common.pb.h"
#include "parley/events/v1/events.parley.h"
#include "parley/profile/v1/profile.parley.h"
#include "services/gateway/config.h"
#include "services/gateway/deps.h"
#include "services/gateway/federation/remote_profile.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/rooms_of_user.h"

namespace parley::gateway {
namespace {

constexpr int64_t kDefaultFound = 10;
constexpr int64_t kMaxFound = 50;
// Users with such a name or id that are looked at; those the requester may not find are among them.
constexpr uint32_t kMaxCandidates = 1'000;

// GET /_matrix/client/v3/profile/{userId}
// GET /_matrix/client/v3/profile/{userId}/{keyName}
absl::StatusOr<HttpAnswer> GetProfile(const Deps& deps, RequestContext& context, bool one_field) {
  PARLEY_TRY(const UserId user, context.UserParam("userId"));
  if (user.server_name() != deps.config.server_name) {
    PARLEY_TRY(const json::Object told,
               RemoteProfile(deps, context.call(), user, one_field ? context.Param("keyName") : ""));
    return JsonAnswer(told);
  }
  profile::GetProfileRequest request;
  request.set_user_id(user.str());
  if (one_field) request.set_field(context.Param("keyName"));
  PARLEY_TRY(profile::GetProfileResponse response, deps.profile.GetProfile(context.call(), request));
  return JsonAnswer(std::move(*response.mutable_json()));
}

absl::StatusOr<profile::SetFieldRequest> FieldOf(RequestContext& context) {
  PARLEY_TRY(const UserId user, context.OwnUserParam("userId"));
  profile::SetFieldRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  request.set_user_id(user.str());
  request.set_field(context.Param("keyName"));
  return request;
}

// PUT /_matrix/client/v3/profile/{userId}/{keyName}
absl::StatusOr<HttpAnswer> SetField(profile::ProfileService& profile, RequestContext& context) {
  PARLEY_TRY(profile::SetFieldRequest request, FieldOf(context));
  PARLEY_TRY(const json::Object* body, context.Body());
  const json::Value* value = body->Find(request.field());
  if (value == nullptr) return MissingParam("The body must have the field that the path names");
  request.set_value(json::Serialize(*value));
  PARLEY_RETURN_IF_ERROR(profile.SetField(context.call(), request).status());
  return EmptyAnswer();
}

// DELETE /_matrix/client/v3/profile/{userId}/{keyName}
absl::StatusOr<HttpAnswer> DeleteField(profile::ProfileService& profile, RequestContext& context) {
  PARLEY_TRY(const profile::SetFieldRequest request, FieldOf(context));
  PARLEY_RETURN_IF_ERROR(profile.SetField(context.call(), request).status());
  return EmptyAnswer();
}

json::Value FoundUser(const profile::FoundUser& user) {
  json::Object entry{{"user_id", user.user_id()}};
  if (user.profile().has_displayname()) entry.Set("display_name", user.profile().displayname());
  if (user.profile().has_avatar_url()) entry.Set("avatar_url", user.profile().avatar_url());
  return entry;
}

// Whom the requester may find: everybody in a room of the requester's own or of the directory.
absl::StatusOr<absl::flat_hash_set<std::string>> Findable(const Deps& deps,
                                                          RequestContext& context) {
  events::v1::ListJoinedUsersRequest request;
  PARLEY_TRY(const auto own,
             RoomsOfUser(deps.accounts, context.call(), context.requester().user));
  request.mutable_room_ids()->Assign(own.begin(), own.end());
  PARLEY_TRY(const auto listed, deps.events.ListPublicRooms(context.call(), {}));
  for (const auto& room : listed.rooms()) request.add_room_ids(room.room_id());
  PARLEY_TRY(const auto joined, deps.events.ListJoinedUsers(context.call(), request));
  return absl::flat_hash_set<std::string>(joined.user_ids().begin(), joined.user_ids().end());
}

bool FitsBetter(const profile::FoundUser& one, const profile::FoundUser& other) {
  return std::pair(one.rank(), std::string_view(one.user_id())) <
         std::pair(other.rank(), std::string_view(other.user_id()));
}

// POST /_matrix/client/v3/user_directory/search
absl::StatusOr<HttpAnswer> SearchUsers(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  profile::SearchUsersRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  PARLEY_TRY(*request.mutable_search_term(), RequiredString(*body, "search_term"));
  PARLEY_TRY(const std::optional<int64_t> asked, OptionalInt(*body, "limit"));
  const auto limit =
      static_cast<size_t>(std::clamp(asked.value_or(kDefaultFound), int64_t{1}, kMaxFound));
  request.set_limit(kMaxCandidates);
  PARLEY_TRY(profile::SearchUsersResponse response, deps.profile.SearchUsers(context.call(), request));
  std::sort(response.mutable_users()->begin(), response.mutable_users()->end(), FitsBetter);
  PARLEY_TRY(const auto findable, Findable(deps, context));
  json::Array results;
  bool limited = false;
  for (const profile::FoundUser& user : response.users()) {
    if (!findable.contains(user.user_id())) continue;
    limited = results.size() == limit;
    if (limited) break;
    results.push_back(FoundUser(user));
  }
  return JsonAnswer(json::Object{{"results", std::move(results)}, {"limited", limited}});
}

}  // namespace

void AddProfileRoutes(Router& router, const Deps& deps) {
  profile::ProfileService& profile = deps.profile;
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/profile/{userId}",
              .auth = Auth::kNone,
              .handler = [deps](RequestContext& context) { return GetProfile(deps, context, false); }});
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/profile/{userId}/{keyName}",
              .auth = Auth::kNone,
              .handler = [deps](RequestContext& context) { return GetProfile(deps, context, true); }});
  router.Add({.method = "PUT",
              .path = "/_matrix/client/v3/profile/{userId}/{keyName}",
              .auth = Auth::kGuest,
              .limit = Limit::kWrite,
              .handler = [&profile](RequestContext& context) { return SetField(profile, context); }});
  router.Add({.method = "DELETE",
              .path = "/_matrix/client/v3/profile/{userId}/{keyName}",
              .limit = Limit::kWrite,
              .handler = [&profile](RequestContext& context) { return DeleteField(profile, context); }});
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/user_directory/search",
              .handler = [deps](RequestContext& context) { return SearchUsers(deps, context); }});
}

}  // namespace parley::gateway
