#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "common/rpc/call.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"

namespace parley::accounts {

// Where a user's notifications are to go (Client-Server API, "Push Notifications"). Kept and
// listed; nothing is delivered here. A pusher goes with the device that set it: at a logout, and
// when a change of password ends the other sessions.
//
// Threads: every method may be called from any.
class Pushers {
 public:
  explicit Pushers(const Deps& deps) : deps_(deps) {}

  absl::StatusOr<json::Object> List(const UserId& user);
  // POST /pushers/set. M_MISSING_PARAM, M_BAD_JSON, M_INVALID_PARAM, M_TOO_LARGE.
  absl::StatusOr<json::Object> Set(const rpc::Call& call, const v1::BodyRequest& request);

 private:
  absl::Status Write(const UserId& user, const std::string& device_id, const json::Object& pusher);
  absl::Status Remove(const UserId& user, std::string_view app_id, std::string_view pushkey);
  absl::Status RemoveOfOthers(const rpc::Call& call, const UserId& user, const std::string& app_id,
                              const std::string& pushkey);

  const Deps deps_;
};

}  // namespace parley::accounts
