#pragma once

#include <string>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"
#include "services/accounts/passwords.h"
#include "services/accounts/sessions.h"

namespace parley::accounts {

// Logging in (Client-Server API, "Login"). Threads: every method may be called from any.
class Login {
 public:
  Login(const Deps& deps, Passwords& passwords, Sessions& sessions);

  json::Object Flows() const;
  // m.login.password and m.login.token. M_FORBIDDEN, M_USER_DEACTIVATED, M_USER_LOCKED, M_LIMIT_EXCEEDED; M_UNKNOWN for
  // other types.
  absl::StatusOr<json::Object> LogIn(const v1::LoginRequest& request);
  // A token for m.login.token, good once.
  absl::StatusOr<json::Object> CreateToken(const UserId& user);

 private:
  absl::StatusOr<UserId> CheckPassword(const json::Object& body);
  absl::StatusOr<UserId> UseToken(const json::Object& body);

  const Deps deps_;
  Passwords& passwords_;
  Sessions& sessions_;
};

}  // namespace parley::accounts
