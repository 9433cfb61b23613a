// /_matrix/client/v3/pushers and /notifications. Client-Server API, "Push Notifications". Pushers
// are kept by accounts; nothing is delivered to push gateways, and no list of notifications is
// kept.
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

RouteHandler List(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::ListPushersRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    return ToAnswer(service.ListPushers(context.call(), request));
  };
}

absl::StatusOr<HttpAnswer> ListNotifications(RequestContext& context) {
  PARLEY_TRY(const int64_t limit, context.QueryInt("limit", 10));
  if (limit < 0) return InvalidParam("'limit' must not be negative");
  return JsonAnswer(json::Object{{"notifications", json::Array()}});
}

}  // namespace

void AddPusherRoutes(Router& router, const Deps& deps) {
  router.Add(
      {.method = "GET", .path = "/_matrix/client/v3/pushers", .handler = List(deps.accounts)});
  router.Add(
      {.method = "GET", .path = "/_matrix/client/v3/notifications", .handler = ListNotifications});
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/pushers/set",
              .limit = Limit::kWrite,
              .handler = Forward(deps.accounts, &accounts::AccountsService::SetPusher)});
}

}  // namespace parley::gateway
