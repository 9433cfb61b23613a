// POST /_matrix/client/v3/register and what belongs to it.
// Client-Server API, "Account registration and management".
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

absl::Status NoThirdParties() {
  return Matrix(403, "M_THREEPID_DENIED", "This server does not know email addresses or phone numbers");
}

absl::StatusOr<accounts::RegisterRequest> ToRegisterRequest(RequestContext& context) {
  accounts::RegisterRequest request;
  request.set_kind(context.QueryOr("kind", "user"));
  const bool is_guest = request.kind() == "guest";
  PARLEY_RETURN_IF_ERROR((is_guest ? context.BodyOrEmpty() : context.Body()).status());
  request.set_body(context.RawBody());
  *request.mutable_client() = ClientOf(context);
  return request;
}

RouteHandler Register(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_TRY(const auto request, ToRegisterRequest(context));
    return ToAnswer(service.Register(context.call(), request));
  };
}

RouteHandler CheckUsername(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    const auto username = context.Query("username");
    if (!username) return MissingParam("Missing 'username'");
    accounts::CheckUsernameRequest request;
    request.set_username(std::string(*username));
    PARLEY_RETURN_IF_ERROR(service.CheckUsername(context.call(), request).status());
    return JsonAnswer(json::Object{{"available", true}});
  };
}

RouteHandler CheckToken(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    const auto token = context.Query("token");
    if (!token) return MissingParam("Missing 'token'");
    accounts::CheckRegistrationTokenRequest request;
    request.set_token(std::string(*token));
    PARLEY_TRY(const auto response, service.CheckRegistrationToken(context.call(), request));
    return JsonAnswer(json::Object{{"valid", response.valid()}});
  };
}

RouteHandler GetNonce(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_TRY(const auto response, service.GetRegistrationNonce(context.call(), {}));
    return JsonAnswer(json::Object{{"nonce", response.nonce()}});
  };
}

RouteHandler RegisterWithSecret(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_TRY(const auto request, ToRegisterRequest(context));
    return ToAnswer(service.RegisterWithSecret(context.call(), request));
  };
}

}  // namespace

void AddRegisterRoutes(Router& router, const Deps& deps) {
  accounts::AccountsService& service = deps.accounts;
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/register",
              .auth = Auth::kNone,
              .limit = Limit::kLogin,
              .handler = Register(service)});
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/register/available",
              .auth = Auth::kNone,
              .limit = Limit::kLogin,
              .handler = CheckUsername(service)});
  router.Add({.method = "GET",
              .path = "/_matrix/client/v1/register/m.login.registration_token/validity",
              .auth = Auth::kNone,
              .limit = Limit::kLogin,
              .handler = CheckToken(service)});
  for (const std::string_view path : {"/_matrix/client/v3/register/email/requestToken",
                                      "/_matrix/client/v3/register/msisdn/requestToken"}) {
    router.Add({.method = "POST", .path = path, .auth = Auth::kNone, .handler = Refuse(NoThirdParties())});
  }
  router.Add({.method = "GET",
              .path = "/_synapse/admin/v1/register",
              .auth = Auth::kNone,
              .limit = Limit::kLogin,
              .handler = GetNonce(service)});
  router.Add({.method = "POST",
              .path = "/_synapse/admin/v1/register",
              .auth = Auth::kNone,
              .limit = Limit::kLogin,
              .handler = RegisterWithSecret(service)});
}

}  // namespace parley::gateway
