// POST /_matrix/client/v3/user/{userId}/openid/request_token, and where a token's user is asked for.
// Client-Server API, "OpenID"; Server-Server API, "OpenID".
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

RouteHandler RequestToken(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_TRY(const UserId user, context.OwnUserParam("userId"));
    PARLEY_RETURN_IF_ERROR(context.BodyOrEmpty().status());
    accounts::CreateOpenIdTokenRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    request.set_user_id(user.str());
    return ToAnswer(service.CreateOpenIdToken(context.call(), request));
  };
}

RouteHandler UserInfo(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    const auto token = context.Query("access_token");
    if (!token) return MissingToken();
    accounts::GetOpenIdUserRequest request;
    request.set_access_token(std::string(*token));
    PARLEY_TRY(const auto response, service.GetOpenIdUser(context.call(), request));
    return JsonAnswer(json::Object{{"sub", response.user_id()}});
  };
}

}  // namespace

void AddOpenIdRoutes(Router& router, const Deps& deps) {
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/user/{userId}/openid/request_token",
              .limit = Limit::kWrite,
              .handler = RequestToken(deps.accounts)});
}

// Asked of the client listener by widgets, and of the federation listener by other servers.
void AddOpenIdUserInfoRoutes(Router& router, const Deps& deps) {
  router.Add({.method = "GET",
              .path = "/_matrix/federation/v1/openid/userinfo",
              .auth = Auth::kNone,
              .handler = UserInfo(deps.accounts)});
}

}  // namespace parley::gateway
