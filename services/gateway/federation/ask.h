#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/json/value.h"
#include "common/rpc/call.h"

namespace parley::federation {
class FederationService;
}

// Questions to other servers on behalf of clients. Every answer is looked at before it is used: it
// is of somebody else.
namespace parley::gateway {

struct Question {
  std::string destination;
  std::string method = "GET";
  // With its query, percent-encoded.
  std::string path;
  // Empty: no body.
  std::string body = {};
};

// The object that the server answers. Its own error when it refuses (4xx with a standard error);
// M_NOT_FOUND when it can't be reached, does not answer in time or answers nonsense.
absl::StatusOr<json::Object> Ask(federation::FederationService& federation, const rpc::Call& call,
                                 const Question& question);

// Asks several servers side by side, at most `time` for each. The outcome of each, in the order
// asked.
std::vector<absl::StatusOr<json::Object>> AskAll(federation::FederationService& federation,
                                                 const rpc::Call& call,
                                                 const std::vector<Question>& questions,
                                                 absl::Duration time);

// "a b" → "a%20b": for one path segment or query value.
std::string PercentEncoded(std::string_view text);

}  // namespace parley::gateway
