#include "common/status/macros.h"
#include "parley/calls/v1/calls.parley.h"
#include "parley/common/v1/common.pb.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"

namespace parley::gateway {
namespace {

// GET /_matrix/client/v3/voip/turnServer
absl::StatusOr<HttpAnswer> GetTurnServer(calls::CallsService& calls, RequestContext& context) {
  calls::GetTurnServerRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  PARLEY_TRY(calls::GetTurnServerResponse response, calls.GetTurnServer(context.call(), request));
  return JsonAnswer(std::move(*response.mutable_json()));
}

// GET /_matrix/client/unstable/org.matrix.msc4143/rtc/transports
absl::StatusOr<HttpAnswer> GetRtcTransports(calls::CallsService& calls, RequestContext& context) {
  PARLEY_TRY(calls::GetRtcTransportsResponse response, calls.GetRtcTransports(context.call(), {}));
  return JsonAnswer(std::move(*response.mutable_json()));
}

}  // namespace

void AddVoipRoutes(Router& router, const Deps& deps) {
  calls::CallsService& calls = deps.calls;
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/voip/turnServer",
              .auth = Auth::kGuest,
              .handler = [&calls](RequestContext& context) { return GetTurnServer(calls, context); }});
  router.Add({.method = "GET",
              .path = "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports",
              .handler = [&calls](RequestContext& context) { return GetRtcTransports(calls, context); }});
}

}  // namespace parley::gateway
