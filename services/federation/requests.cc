#include "services/federation/requests.h"

#include <algorithm>
#include <optional>

#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/federation/x_matrix.h"
#include "common/http/client.h"
#include "common/status/macros.h"

namespace parley::federation {
namespace {

constexpr size_t kDefaultAnswer = 16 << 20;
constexpr size_t kMaxErrorBody = 64 << 10;

bool MayTryNext(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsNotFound(status) ||
         absl::IsPermissionDenied(status);
}

// The caller of an RPC hears of every failure as Unavailable: nothing of it is the caller's fault.
absl::Status ToUnavailable(const std::string& server_name, const absl::Status& status) {
  return absl::UnavailableError(StrCat(server_name, ": ", Std(status.message())));
}

v1::RequestResponse ToResponse(http::ClientResponse answer) {
  v1::RequestResponse response;
  response.set_status(static_cast<uint32_t>(answer.status));
  const bool is_good = answer.status >= 200 && answer.status < 300;
  if (is_good || (answer.body.size() <= kMaxErrorBody && json::ParseObject(answer.body).ok())) {
    response.set_body(std::move(answer.body));
  }
  return response;
}

}  // namespace

absl::StatusOr<v1::RequestResponse> Requests::Send(const rpc::Call& call,
                                                   const v1::RequestRequest& request) const {
  if (request.destination() == config_.server_name) {
    return absl::InvalidArgumentError("a server asks itself nothing");
  }
  if (!request.ignore_backoff() && !deps_.reachability.MayAsk(request.destination(), absl::Now())) {
    deps_.metrics.backing_off.Add();
    return absl::UnavailableError(
        StrCat(request.destination(), ": it was not reached a short while ago"));
  }
  std::optional<json::Object> content;
  if (!request.body().empty()) {
    PARLEY_TRY(content, json::ParseObject(request.body()));
  }
  http::ClientRequest http_request;
  http_request.method = request.method();
  http_request.target = request.path();
  http_request.body = request.body();
  const bool is_long = request.max_answer_bytes() > kDefaultAnswer;
  http_request.max_body =
      request.max_answer_bytes() == 0 ? kDefaultAnswer : request.max_answer_bytes();
  http_request.deadline =
      std::min(call.deadline,
               absl::Now() + (is_long ? config_.long_request_timeout : config_.request_timeout));
  const SignedRequest signed_request{request.method(), request.path(), config_.server_name,
                                     request.destination(), content ? &*content : nullptr};
  http_request.headers = {{"Authorization", SignRequest(signed_request, deps_.signing_key)}};
  if (content) http_request.headers.emplace_back("Content-Type", "application/json");
  auto answer = SendTo(request.destination(), std::move(http_request));
  if (!answer.ok()) return ToUnavailable(request.destination(), answer.status());
  return ToResponse(*std::move(answer));
}

absl::StatusOr<http::ClientResponse> Requests::GetSigned(const std::string& server_name,
                                                         http::ClientRequest request) const {
  if (server_name == config_.server_name) {
    return absl::InvalidArgumentError("a server asks itself nothing");
  }
  const SignedRequest signed_request{request.method, request.target, config_.server_name,
                                     server_name, nullptr};
  request.headers = {{"Authorization", SignRequest(signed_request, deps_.signing_key)}};
  return SendTo(server_name, std::move(request));
}

absl::StatusOr<json::Object> Requests::GetPublic(const rpc::Call& call,
                                                 const std::string& server_name,
                                                 std::string_view path, size_t max_bytes) const {
  http::ClientRequest request;
  request.target = path;
  request.max_body = max_bytes;
  request.deadline = std::min(call.deadline, absl::Now() + config_.request_timeout);
  PARLEY_TRY(const http::ClientResponse answer, SendTo(server_name, std::move(request)));
  if (answer.status != 200) return absl::UnavailableError(StrCat("it answered ", answer.status));
  return json::ParseObject(answer.body);
}

absl::StatusOr<http::ClientResponse> Requests::SendTo(const std::string& server_name,
                                                      http::ClientRequest request) const {
  const absl::Time begun = absl::Now();
  PARLEY_TRY(const Route route, deps_.discovery.Find(server_name, request.deadline));
  request.headers.emplace_back("User-Agent", "Parley");
  request.headers.emplace_back("Accept", "application/json");
  request.host_header = route.host_header;
  request.tls_name = route.tls_name;
  absl::StatusOr<http::ClientResponse> answer = absl::UnavailableError("it is nowhere");
  for (const Target& target : route.targets) {
    request.host = target.host;
    request.port = target.port;
    answer = deps_.client.SendAndWait(request);
    if (answer.ok() || !MayTryNext(answer.status())) break;
  }
  if (answer.ok()) {
    deps_.reachability.Reached(server_name);
  } else {
    deps_.discovery.Forget(server_name);
    deps_.reachability.Failed(server_name, absl::Now());
  }
  Count(answer, absl::Now() - begun);
  return answer;
}

void Requests::Count(const absl::StatusOr<http::ClientResponse>& answer,
                     absl::Duration took) const {
  const Metrics& metrics = deps_.metrics;
  if (answer.ok()) {
    metrics.took.Observe(took);
    const int status = answer->status;
    (status < 300 ? metrics.answered : status < 500 ? metrics.refused : metrics.failed).Add();
    return;
  }
  switch (answer.status().code()) {
    case absl::StatusCode::kDeadlineExceeded:
      return metrics.too_late.Add();
    case absl::StatusCode::kPermissionDenied:
      return metrics.denied.Add();
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kNotFound:
      return metrics.unreachable.Add();
    default:
      return metrics.failed.Add();
  }
}

}  // namespace parley::federation
