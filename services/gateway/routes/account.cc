// /_matrix/client/v3/account/…: whoami, password, deactivation, third-party identifiers.
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

absl::StatusOr<HttpAnswer> WhoAmI(RequestContext& context) {
  const Requester& requester = context.requester();
  json::Object answer = {{"user_id", requester.user.str()}, {"is_guest", requester.is_guest}};
  if (!requester.device_id.empty()) answer.Set("device_id", requester.device_id);
  return JsonAnswer(answer);
}

absl::StatusOr<HttpAnswer> ListThirdParties(RequestContext&) {
  return JsonAnswer(json::Object{{"threepids", json::Array()}});
}

// There is nothing to unbind or delete.
absl::StatusOr<HttpAnswer> UnbindThirdParty(RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  PARLEY_RETURN_IF_ERROR(RequiredString(*body, "medium").status());
  PARLEY_RETURN_IF_ERROR(RequiredString(*body, "address").status());
  return JsonAnswer(json::Object{{"id_server_unbind_result", "no-support"}});
}

void AddThirdPartyRoutes(Router& router) {
  router.Add({.method = "GET", .path = "/_matrix/client/v3/account/3pid", .handler = ListThirdParties});
  for (const std::string_view path : {"/_matrix/client/v3/account/3pid", "/_matrix/client/v3/account/3pid/add",
                                      "/_matrix/client/v3/account/3pid/bind"}) {
    router.Add({.method = "POST", .path = path, .limit = Limit::kWrite, .handler = Refuse(NoThirdParties())});
  }
  for (const std::string_view path :
       {"/_matrix/client/v3/account/3pid/delete", "/_matrix/client/v3/account/3pid/unbind"}) {
    router.Add({.method = "POST", .path = path, .limit = Limit::kWrite, .handler = UnbindThirdParty});
  }
  for (const std::string_view path :
       {"/_matrix/client/v3/account/3pid/email/requestToken", "/_matrix/client/v3/account/3pid/msisdn/requestToken",
        "/_matrix/client/v3/account/password/email/requestToken",
        "/_matrix/client/v3/account/password/msisdn/requestToken"}) {
    router.Add({.method = "POST",
                .path = path,
                .auth = Auth::kNone,
                .limit = Limit::kLogin,
                .handler = Refuse(NoThirdParties())});
  }
}

}  // namespace

void AddAccountRoutes(Router& router, const Deps& deps) {
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/account/whoami",
              .auth = Auth::kGuest,
              .handler = WhoAmI});
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/account/password",
              .auth = Auth::kOptional,
              .limit = Limit::kLogin,
              .ends_tokens = true,
              .handler = Forward(deps.accounts, &accounts::AccountsService::ChangePassword)});
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/account/deactivate",
              .auth = Auth::kOptional,
              .limit = Limit::kLogin,
              .ends_tokens = true,
              .handler = Forward(deps.accounts, &accounts::AccountsService::Deactivate, /*body_required=*/false)});
  AddThirdPartyRoutes(router);
}

}  // namespace parley::gateway
