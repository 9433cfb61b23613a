#include "services/gateway/dispatcher.h"

#include <absl/strings/match.h>

#include "common/base/strings.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/token.h"

namespace parley::gateway {
namespace {

// For paths that are no route: their small bodies are read, so that the answer can be a plain 404 or 405.
constexpr size_t kUnroutedBody = 64 << 10;

absl::Status NoRoute(const Router::Match& match) {
  if (match.path_known) return Matrix(405, "M_UNRECOGNIZED", "This method is not allowed here");
  return Unrecognized("There is nothing here");
}

absl::Status CheckEncoding(const http::Request& request) {
  const std::string_view encoding = request.headers.Get("Content-Encoding");
  if (encoding.empty() || absl::EqualsIgnoreCase(Abs(encoding), "identity")) return absl::OkStatus();
  return Matrix(415, "M_UNKNOWN", "Compressed bodies are not accepted");
}

}  // namespace

// One request on its way.
struct Dispatcher::Work {
  http::Request request;
  http::Responder responder;
  Router::Match match;
  absl::Time arrived;

  const Route& route() const { return *match.route; }

  void Send(HttpAnswer answer, absl::Time now) {
    const RouteMetrics& metrics = *route().metrics;
    metrics.Answered(answer.status, now - arrived);
    responder.Send(std::move(answer));
  }
};

Dispatcher::Dispatcher(Deps deps) : deps_(deps), limits_(deps.config, deps.clock), unknown_route_(deps.registry, "", "") {
  for (const auto& route : deps_.router.routes()) {
    route_metrics_.push_back(
        std::make_unique<RouteMetrics>(deps_.registry, std::string(route->method), std::string(route->path)));
    route->metrics = route_metrics_.back().get();
  }
}

size_t Dispatcher::BodyLimit(const http::Request& head) {
  const Router::Match match = deps_.router.Find(head.method, head.segments);
  return match.route == nullptr ? kUnroutedBody : match.route->max_body;
}

void Dispatcher::Handle(http::Request request, http::Responder responder) {
  Router::Match match = deps_.router.Find(request.method, request.segments);
  const absl::Time now = deps_.clock.Now();
  absl::Status status = match.route == nullptr ? NoRoute(match) : CheckEncoding(request);
  if (status.ok()) status = limits_.CheckAddress(match.route->limit, request.peer);
  if (!status.ok()) {
    HttpAnswer answer = http::ErrorResponse(status);
    (match.route == nullptr ? unknown_route_ : *match.route->metrics).Answered(answer.status, absl::ZeroDuration());
    return responder.Send(std::move(answer));
  }
  auto work = std::make_shared<Work>(Work{std::move(request), std::move(responder), std::move(match), now});
  const bool accepted = deps_.pool.TryPost([this, work] { Run(*work); });
  if (!accepted) work->Send(http::ErrorResponse(LimitExceeded(1000)), now);
}

void Dispatcher::Run(Work& work) {
  const log::RequestScope scope(work.request.id);
  log::Debug("request", {{"method", work.request.method}, {"path", work.request.path}, {"peer", work.request.peer}});
  auto context = MakeContext(work);
  if (!context.ok()) return Finish(work, context.status());
  const Route& route = work.route();
  if (route.parking_handler) return route.parking_handler(*std::move(context), std::move(work.responder));
  auto answer = route.handler(**context);
  if (route.ends_tokens && answer.ok()) deps_.authenticator.ForgetAll();
  Finish(work, std::move(answer));
}

absl::StatusOr<std::unique_ptr<RequestContext>> Dispatcher::MakeContext(Work& work) {
  rpc::Call call;
  call.deadline = work.arrived + deps_.config.request_timeout;
  call.request_id = work.request.id;
  PARLEY_TRY(Requester requester, Authenticate(work, call));
  PARLEY_RETURN_IF_ERROR(limits_.CheckUser(work.route().limit, requester));
  return std::make_unique<RequestContext>(std::move(work.request), std::move(work.match.params), std::move(requester),
                                          std::move(call));
}

absl::StatusOr<Requester> Dispatcher::Authenticate(const Work& work, const rpc::Call& call) {
  const Auth auth = work.route().auth;
  if (auth == Auth::kNone) return Requester();
  const std::string_view token = TokenOf(work.request, deps_.config.query_access_tokens);
  if (token.empty()) return auth == Auth::kOptional ? absl::StatusOr<Requester>(Requester()) : MissingToken();
  PARLEY_TRY(Requester requester, deps_.authenticator.Authenticate(call, token));
  deps_.last_seen.Seen(requester, work.request);
  PARLEY_RETURN_IF_ERROR(CheckAccess(auth, requester));
  return requester;
}

void Dispatcher::Finish(Work& work, absl::StatusOr<HttpAnswer> answer) {
  if (answer.ok()) return work.Send(*std::move(answer), deps_.clock.Now());
  HttpAnswer error = http::ErrorResponse(answer.status());
  if (error.status >= 500) {
    log::Warning("request failed", {{"route", work.route().path}, {"status", answer.status().ToString()}});
  }
  work.Send(std::move(error), deps_.clock.Now());
}

}  // namespace parley::gateway
