#pragma once

#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"

namespace parley::accounts {

// What administrators see and set of users. Who may is for the gateway to check.
// Threads: every method may be called from any.
class Admin {
 public:
  explicit Admin(const Deps& deps) : deps_(deps) {}

  // M_NOT_FOUND.
  absl::StatusOr<v1::User> Get(const UserId& user);
  absl::StatusOr<std::vector<v1::User>> List(std::string_view after, uint32_t limit);
  absl::Status SetFlags(const v1::SetUserFlagsRequest& request);
  absl::StatusOr<json::Object> Whois(const UserId& user);

 private:
  const Deps deps_;
};

}  // namespace parley::accounts
