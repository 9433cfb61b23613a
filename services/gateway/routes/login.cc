// GET and POST /_matrix/client/v3/login, /refresh, /logout. Client-Server API, "Login".
#include "common/status/macros.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

RouteHandler GetFlows(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    return ToAnswer(service.GetLoginFlows(context.call(), {}));
  };
}

RouteHandler LogIn(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_RETURN_IF_ERROR(context.Body().status());
    accounts::LoginRequest request;
    request.set_body(context.RawBody());
    *request.mutable_client() = ClientOf(context);
    return ToAnswer(service.Login(context.call(), request));
  };
}

RouteHandler Refresh(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_RETURN_IF_ERROR(context.Body().status());
    accounts::RefreshRequest request;
    request.set_body(context.RawBody());
    return ToAnswer(service.Refresh(context.call(), request));
  };
}

RouteHandler LogOut(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::LogoutRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    return ToEmptyAnswer(service.Logout(context.call(), request));
  };
}

RouteHandler LogOutAll(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::LogoutAllRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    return ToEmptyAnswer(service.LogoutAll(context.call(), request));
  };
}

}  // namespace

void AddLoginRoutes(Router& router, const Deps& deps) {
  accounts::AccountsService& service = deps.accounts;
  router.Add({.method = "GET", .path = "/_matrix/client/v3/login", .auth = Auth::kNone, .handler = GetFlows(service)});
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/login",
              .auth = Auth::kNone,
              .limit = Limit::kLogin,
              .handler = LogIn(service)});
  router.Add({.method = "POST",
              .path = "/_matrix/client/v1/login/get_token",
              .limit = Limit::kLogin,
              .handler = Forward(service, &accounts::AccountsService::CreateLoginToken, /*body_required=*/false)});
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/refresh",
              .auth = Auth::kNone,
              .limit = Limit::kWrite,
              .handler = Refresh(service)});
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/logout",
              .auth = Auth::kLocked,
              .limit = Limit::kWrite,
              .ends_tokens = true,
              .handler = LogOut(service)});
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/logout/all",
              .auth = Auth::kLocked,
              .limit = Limit::kWrite,
              .ends_tokens = true,
              .handler = LogOutAll(service)});
}

}  // namespace parley::gateway
