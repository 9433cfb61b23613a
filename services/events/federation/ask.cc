#include "services/events/federation/ask.h"

#include <algorithm>

#include <absl/time/clock.h>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/http/uri.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/federation/v1/federation.parley.h"

namespace parley::events {
namespace {

constexpr size_t kMaxErrorText = 512;

absl::Status NoUsableAnswer(std::string_view server) {
  return Matrix(502, "M_UNKNOWN", StrCat("There was no usable answer from ", server));
}

// Our request was wrong, which the client can't help.
bool IsOurFault(std::string_view errcode) {
  return errcode == "M_MISSING_PARAM" || errcode == "M_INVALID_PARAM" ||
         errcode == "M_UNAUTHORIZED" || errcode == "M_BAD_JSON" || errcode == "M_NOT_JSON";
}

absl::Status ErrorIn(const std::string& server, const federation::RequestResponse& answer) {
  const auto body = json::ParseObject(answer.body());
  if (!body.ok() || answer.status() < 400 || answer.status() >= 500) return NoUsableAnswer(server);
  const std::string* errcode = json::FindString(*body, "errcode");
  if (errcode == nullptr || IsOurFault(*errcode)) return NoUsableAnswer(server);
  MatrixError error{static_cast<int>(answer.status()), *errcode,
                    std::string(json::StringOr(*body, "error", "").substr(0, kMaxErrorText)),
                    /*extra_json=*/""};
  if (const std::string* version = json::FindString(*body, "room_version")) {
    error.extra_json = StrCat("\"room_version\":", json::Quoted(*version));
  }
  return ToStatus(error);
}

}  // namespace

absl::StatusOr<std::string> Ask(const Context& context, const rpc::Call& call,
                                const std::string& server, const Question& question) {
  if (context.federation == nullptr) return NobodyAnswered();
  federation::RequestRequest request;
  request.set_destination(server);
  request.set_method(std::string(question.method));
  request.set_path(question.path);
  request.set_body(question.body);
  request.set_max_answer_bytes(question.max_answer_bytes);
  request.set_ignore_backoff(true);
  rpc::Call bounded = call;
  bounded.deadline = std::min(call.deadline, absl::Now() + question.timeout);
  auto answer = context.federation->Request(bounded, request);
  if (!answer.ok()) return NoUsableAnswer(server);
  if (answer->status() / 100 != 2) return ErrorIn(server, *answer);
  return std::move(*answer->mutable_body());
}

std::string PathOf(std::string_view prefix, const std::vector<std::string_view>& parts) {
  std::string path(prefix);
  for (const std::string_view part : parts) StrAppend(&path, "/", http::PercentEncode(part));
  return path;
}

bool IsUnknownEndpoint(const absl::Status& status) {
  const MatrixError error = FromStatus(status);
  return error.errcode == "M_UNRECOGNIZED";
}

void Candidates::Add(std::string_view server) {
  if (names_.size() >= kMax || server == own_ || !IsValidServerName(server)) return;
  if (std::find(names_.begin(), names_.end(), server) == names_.end()) names_.emplace_back(server);
}

absl::Status NobodyAnswered() {
  return Matrix(502, "M_UNKNOWN", "No server that is in the room could be reached");
}

absl::Status MoreTelling(const absl::Status& before, const absl::Status& now) {
  return FromStatus(before).http_status < 500 ? before : now;
}

}  // namespace parley::events
