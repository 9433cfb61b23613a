// PUT /_matrix/client/v3/sendToDevice/{eventType}/{txnId}. Client-Server API, "Send-to-Device messaging".
#include "common/status/macros.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

constexpr size_t kMaxBody = 8 << 20;

RouteHandler Send(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_RETURN_IF_ERROR(context.Body().status());
    accounts::SendToDeviceRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    request.set_type(context.Param("eventType"));
    request.set_txn_id(context.Param("txnId"));
    request.set_body(context.RawBody());
    return ToEmptyAnswer(service.SendToDevice(context.call(), request));
  };
}

}  // namespace

void AddToDeviceRoutes(Router& router, const Deps& deps) {
  router.Add({.method = "PUT",
              .path = "/_matrix/client/v3/sendToDevice/{eventType}/{txnId}",
              .auth = Auth::kGuest,
              .limit = Limit::kWrite,
              .max_body = kMaxBody,
              .handler = Send(deps.accounts)});
}

}  // namespace parley::gateway
