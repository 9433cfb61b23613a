// /_matrix/client/v3/pushers. Client-Server API, "Push Notifications". Pushers are kept by accounts;
// nothing is delivered to push gateways.
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

}  // namespace

void AddPusherRoutes(Router& router, const Deps& deps) {
  router.Add(
      {.method = "GET", .path = "/_matrix/client/v3/pushers", .handler = List(deps.accounts)});
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/pushers/set",
              .limit = Limit::kWrite,
              .handler = Forward(deps.accounts, &accounts::AccountsService::SetPusher)});
}

}  // namespace parley::gateway
