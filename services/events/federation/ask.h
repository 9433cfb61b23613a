#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/json/value.h"
#include "common/rpc/call.h"
#include "services/events/context.h"

// Requests to other servers, as this service makes them.
namespace parley::events {

struct Question {
  std::string_view method = "GET";
  std::string path = {};
  std::string body = {};          // JSON, or empty
  uint64_t max_answer_bytes = 0;  // 0: that of ordinary answers
  absl::Duration timeout = absl::Seconds(20);
};

// The body of a 2xx answer. The error that the server answered, as it said it; 502 M_UNKNOWN when
// there was no usable answer.
absl::StatusOr<std::string> Ask(const Context& context, const rpc::Call& call,
                                const std::string& server, const Question& question);

// A path whose parts after `prefix` are escaped: "/_matrix/…/make_join" + "!r:s" + "@u:s".
std::string PathOf(std::string_view prefix, const std::vector<std::string_view>& parts);

// True for the error of an endpoint that the server does not have.
bool IsUnknownEndpoint(const absl::Status& status);

// Names of servers without doubles, ours and malformed ones left out, `limit` at most.
class Candidates {
 public:
  explicit Candidates(const Context& context) : own_(context.config.server_name) {}

  void Add(std::string_view server);
  template <class Servers>
  void AddAll(const Servers& servers) {
    for (const auto& server : servers) Add(server);
  }
  const std::vector<std::string>& names() const { return names_; }

 private:
  static constexpr size_t kMax = 20;

  const std::string& own_;
  std::vector<std::string> names_;
};

// Asks one after another until one answers. Else the first answer that was an error of Matrix, or
// 502.
template <class Try>
auto AskInTurn(const Candidates& candidates, Try&& attempt)
    -> decltype(attempt(candidates.names().front()));

// What to tell a client when nobody answered.
absl::Status NobodyAnswered();
// Of two failures, the one that says more.
absl::Status MoreTelling(const absl::Status& before, const absl::Status& now);

template <class Try>
auto AskInTurn(const Candidates& candidates, Try&& attempt)
    -> decltype(attempt(candidates.names().front())) {
  absl::Status failure = NobodyAnswered();
  for (const std::string& server : candidates.names()) {
    auto answer = attempt(server);
    if (answer.ok()) return answer;
    failure = MoreTelling(failure, answer.status());
  }
  return failure;
}

}  // namespace parley::events
