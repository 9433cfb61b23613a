#include "services/federation/downloads.h"

#include <algorithm>
#include <string>
#include <utility>

#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/http/client.h"
#include "common/http/redirect.h"
#include "common/status/macros.h"

namespace parley::federation {
namespace {

constexpr size_t kDefaultAnswer = 16 << 20;

FetchResponse ToResponse(http::ClientResponse answer) {
  FetchResponse response;
  response.set_status(static_cast<uint32_t>(answer.status));
  response.set_content_type(std::string(answer.headers.Get("Content-Type")));
  response.set_content_disposition(std::string(answer.headers.Get("Content-Disposition")));
  response.set_location(std::string(answer.headers.Get("Location")));
  response.set_body(std::move(answer.body));
  return response;
}

// Of a failure the caller hears what went wrong, and that it is nobody's fault; or that the answer
// was too large.
absl::Status ToCaller(const absl::Status& status) {
  if (absl::IsResourceExhausted(status)) return status;
  return absl::UnavailableError(StrCat("fetching: ", Std(status.message())));
}

}  // namespace

absl::StatusOr<FetchResponse> Downloads::Fetch(const rpc::Call& call, const FetchRequest& request) {
  http::ClientRequest get;
  get.max_body = request.max_bytes() == 0 ? kDefaultAnswer : request.max_bytes();
  get.deadline = std::min(call.deadline, absl::Now() + config_.long_request_timeout);
  absl::StatusOr<http::ClientResponse> answer = absl::InvalidArgumentError("no https URL");
  if (request.url().empty()) {
    get.target = request.path();
    answer = requests_.GetSigned(request.destination(), std::move(get));
  } else if (!request.url().starts_with('/') && http::PointTo(request.url(), get)) {
    get.headers = {{"User-Agent", "Parley"}};
    answer = client_.SendAndWait(std::move(get));
  }
  if (absl::IsInvalidArgument(answer.status())) return answer.status();
  if (!answer.ok()) return ToCaller(answer.status());
  return ToResponse(*std::move(answer));
}

}  // namespace parley::federation
