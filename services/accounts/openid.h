#pragma once

#include <string_view>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "services/accounts/deps.h"

namespace parley::accounts {

// Tokens that prove to others who somebody is (Client-Server API, "OpenID").
// Threads: every method may be called from any.
class OpenId {
 public:
  explicit OpenId(const Deps& deps) : deps_(deps) {}

  absl::StatusOr<json::Object> CreateToken(const UserId& user);
  // UNKNOWN_TOKEN when there is no such token any more.
  absl::StatusOr<UserId> FindUser(std::string_view token);

 private:
  const Deps deps_;
};

}  // namespace parley::accounts
