#include <initializer_list>
#include <utility>

#include "common/base/ids.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/profile/v1/profile.parley.h"
#include "services/gateway/config.h"
#include "services/gateway/federation/requests.h"
#include "services/gateway/routes/directory.h"

// What other servers ask about our users, and our room directory. Server-server API, "Querying for
// information", "Device Management", "End-to-End Encryption", "Published Room Directory".
namespace parley::gateway {
namespace {

// M_NOT_FOUND for users that are not ours: we answer for nobody else.
absl::StatusOr<UserId> OwnUser(const Deps& deps, std::string_view text) {
  PARLEY_TRY(UserId user, UserId::Parse(text));
  if (user.server_name() != deps.config.server_name)
    return NotFound("This user is not of this server");
  return user;
}

// The body with what it asks of our own users alone.
absl::StatusOr<accounts::BodyRequest> OwnUsersOf(const Deps& deps, RequestContext& context,
                                                 std::string_view member) {
  PARLEY_TRY(const json::Object* body, context.Body());
  const json::Object* users = json::FindObject(*body, member);
  if (users == nullptr) return BadJson("The body must have an object of users");
  json::Object own;
  for (const auto& [id, wanted] : *users) {
    if (OwnUser(deps, id).ok()) own.Append(id, wanted);
  }
  accounts::BodyRequest request;
  request.set_body(json::Serialize(json::Object{{std::string(member), std::move(own)}}));
  return request;
}

// Of the answer, what another server is given.
absl::StatusOr<HttpAnswer> Only(const accounts::JsonResponse& response,
                                std::initializer_list<std::string_view> members) {
  PARLEY_TRY(const json::Object whole, json::ParseObject(response.json()));
  json::Object answer;
  for (const std::string_view member : members) {
    if (const json::Value* value = whole.Find(member)) answer.Set(member, *value);
  }
  return JsonAnswer(answer);
}

// GET /_matrix/federation/v1/query/profile
absl::StatusOr<HttpAnswer> QueryProfile(const Deps& deps, RequestContext& context,
                                        const std::string&) {
  PARLEY_TRY(const std::string user_id, RequiredQuery(context, "user_id"));
  PARLEY_TRY(const UserId user, OwnUser(deps, user_id));
  profile::GetProfileRequest request;
  request.set_user_id(user.str());
  request.set_field(context.QueryOr("field", ""));
  PARLEY_TRY(profile::GetProfileResponse response,
             deps.profile.GetProfile(context.call(), request));
  return JsonAnswer(std::move(*response.mutable_json()));
}

// GET /_matrix/federation/v1/user/devices/{userId}
absl::StatusOr<HttpAnswer> GetDevices(const Deps& deps, RequestContext& context,
                                      const std::string&) {
  PARLEY_TRY(const UserId user, OwnUser(deps, context.Param("userId")));
  accounts::GetUserDevicesRequest request;
  request.set_user_id(user.str());
  PARLEY_TRY(accounts::JsonResponse response,
             deps.accounts.GetUserDevices(context.call(), request));
  return JsonAnswer(std::move(*response.mutable_json()));
}

// POST /_matrix/federation/v1/user/keys/query
absl::StatusOr<HttpAnswer> QueryOwnKeys(const Deps& deps, RequestContext& context,
                                        const std::string&) {
  PARLEY_TRY(const accounts::BodyRequest request, OwnUsersOf(deps, context, "device_keys"));
  PARLEY_TRY(const accounts::JsonResponse response,
             deps.accounts.QueryKeys(context.call(), request));
  return Only(response, {"device_keys", "master_keys", "self_signing_keys"});
}

// POST /_matrix/federation/v1/user/keys/claim
absl::StatusOr<HttpAnswer> ClaimOwnKeys(const Deps& deps, RequestContext& context,
                                        const std::string&) {
  PARLEY_TRY(const accounts::BodyRequest request, OwnUsersOf(deps, context, "one_time_keys"));
  PARLEY_TRY(const accounts::JsonResponse response,
             deps.accounts.ClaimKeys(context.call(), request));
  return Only(response, {"one_time_keys"});
}

// GET /_matrix/federation/v1/publicRooms
absl::StatusOr<HttpAnswer> ListRooms(const Deps& deps, RequestContext& context,
                                     const std::string&) {
  return ListOwnRooms(deps, context);
}

// POST /_matrix/federation/v1/publicRooms
absl::StatusOr<HttpAnswer> SearchRooms(const Deps& deps, RequestContext& context,
                                       const std::string&) {
  return SearchOwnRooms(deps, context);
}

}  // namespace

void AddFederationUserRoutes(Router& router, const FederationDeps& deps) {
  constexpr size_t kMaxBody = 1 << 20;
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/query/profile", QueryProfile});
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/user/devices/{userId}", GetDevices});
  AddSigned(router, deps,
            {"POST", "/_matrix/federation/v1/user/keys/query", QueryOwnKeys, kMaxBody});
  AddSigned(router, deps,
            {"POST", "/_matrix/federation/v1/user/keys/claim", ClaimOwnKeys, kMaxBody});
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/publicRooms", ListRooms});
  AddSigned(router, deps, {"POST", "/_matrix/federation/v1/publicRooms", SearchRooms});
}

}  // namespace parley::gateway
