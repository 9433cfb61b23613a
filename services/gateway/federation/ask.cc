#include "services/gateway/federation/ask.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/federation/v1/federation.parley.h"

namespace parley::gateway {
namespace {

constexpr size_t kSideBySide = 16;
constexpr size_t kMaxErrorBytes = 500;

absl::Status Unreachable() {
  return NotFound("The other server could not be asked");
}

// An error as the other server has put it, if it is one that a client may be told.
absl::Status ErrorOf(const federation::v1::RequestResponse& response) {
  const auto body = json::ParseObject(response.body());
  if (response.status() < 400 || response.status() >= 500 || !body.ok()) return Unreachable();
  const std::string* errcode = json::FindString(*body, "errcode");
  const bool is_for_us = response.status() == 401 || response.status() == 429;
  if (errcode == nullptr || is_for_us) return Unreachable();
  return Matrix(
      static_cast<int>(response.status()), errcode->substr(0, kMaxErrorBytes),
      json::StringOr(*body, "error", "refused by the other server").substr(0, kMaxErrorBytes));
}

}  // namespace

absl::StatusOr<json::Object> Ask(federation::FederationService& federation, const rpc::Call& call,
                                 const Question& question) {
  federation::v1::RequestRequest request;
  request.set_destination(question.destination);
  request.set_method(question.method);
  request.set_path(question.path);
  request.set_body(question.body);
  request.set_ignore_backoff(true);
  const auto response = federation.Request(call, request);
  if (!response.ok()) return Unreachable();
  if (response->status() != 200) return ErrorOf(*response);
  auto body = json::ParseObject(response->body());
  if (!body.ok()) return Unreachable();
  return body;
}

std::vector<absl::StatusOr<json::Object>> AskAll(federation::FederationService& federation,
                                                 const rpc::Call& call,
                                                 const std::vector<Question>& questions,
                                                 absl::Duration time) {
  std::vector<absl::StatusOr<json::Object>> answers(questions.size(),
                                                    absl::StatusOr<json::Object>(Unreachable()));
  rpc::Call bounded = call;
  bounded.deadline = std::min(call.deadline, absl::Now() + time);
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < questions.size(); i = next++)
      answers[i] = Ask(federation, bounded, questions[i]);
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min(questions.size(), kSideBySide); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return answers;
}

std::string PercentEncoded(std::string_view text) {
  constexpr std::string_view kPlain = "-._~";
  std::string out;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
        kPlain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      absl::StrAppend(&out, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return out;
}

}  // namespace parley::gateway
