#include <algorithm>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/common/v1/common.pb.h"
#include "parley/profile/v1/profile.parley.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"

namespace parley::gateway {
namespace {

constexpr int64_t kDefaultFound = 10;
constexpr int64_t kMaxFound = 50;

// GET /_matrix/client/v3/profile/{userId}
// GET /_matrix/client/v3/profile/{userId}/{keyName}
absl::StatusOr<HttpAnswer> GetProfile(profile::ProfileService& profile, RequestContext& context, bool one_field) {
  PARLEY_TRY(const UserId user, context.UserParam("userId"));
  profile::GetProfileRequest request;
  request.set_user_id(user.str());
  if (one_field) request.set_field(context.Param("keyName"));
  PARLEY_TRY(profile::GetProfileResponse response, profile.GetProfile(context.call(), request));
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

// POST /_matrix/client/v3/user_directory/search
absl::StatusOr<HttpAnswer> SearchUsers(profile::ProfileService& profile, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  profile::SearchUsersRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  PARLEY_TRY(*request.mutable_search_term(), RequiredString(*body, "search_term"));
  PARLEY_TRY(const std::optional<int64_t> limit, OptionalInt(*body, "limit"));
  request.set_limit(static_cast<uint32_t>(std::clamp(limit.value_or(kDefaultFound), int64_t{1}, kMaxFound)));
  PARLEY_TRY(const profile::SearchUsersResponse response, profile.SearchUsers(context.call(), request));
  json::Array results;
  for (const profile::FoundUser& user : response.users()) results.push_back(FoundUser(user));
  return JsonAnswer(json::Object{{"results", std::move(results)}, {"limited", response.limited()}});
}

}  // namespace

void AddProfileRoutes(Router& router, const Deps& deps) {
  profile::ProfileService& profile = deps.profile;
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/profile/{userId}",
              .auth = Auth::kNone,
              .handler = [&profile](RequestContext& context) { return GetProfile(profile, context, false); }});
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/profile/{userId}/{keyName}",
              .auth = Auth::kNone,
              .handler = [&profile](RequestContext& context) { return GetProfile(profile, context, true); }});
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
              .handler = [&profile](RequestContext& context) { return SearchUsers(profile, context); }});
}

}  // namespace parley::gateway
