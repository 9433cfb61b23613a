#pragma once

#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "common/rpc/call.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"
#include "services/accounts/devices.h"
#include "services/accounts/passwords.h"
#include "services/accounts/uia.h"

namespace parley::accounts {

// Proving again who one is, changing the password, and closing the account.
// Threads: every method may be called from any.
class Credentials {
 public:
  Credentials(const Deps& deps, Passwords& passwords, Devices& devices, UiaSessions& uia);

  // Asks `user` for the password again (m.login.password); the body without `auth`. `operation` names what for.
  absl::StatusOr<json::Object> Confirm(const rpc::Call& call, const UserId& user, std::string operation,
                                       const json::Object& body);

  // POST /account/password. Without a requester the stage names the user.
  absl::StatusOr<json::Object> ChangePassword(const rpc::Call& call, const v1::BodyRequest& request);
  // POST /account/deactivate, likewise.
  absl::StatusOr<json::Object> Deactivate(const rpc::Call& call, const v1::BodyRequest& request);

  // By the owner of the user's partition, as Close. `keep_device`: empty, or the one device that stays logged in.
  absl::Status SetPassword(const UserId& user, std::string_view password, bool logout_devices,
                           const std::string& keep_device);
  // Ends all sessions for ever; leaving the rooms and removing the profile follow. Nobody gets the name again. `erase`:
  // who joins the user's rooms later gets redacted copies of what the user said there.
  absl::Status Close(const UserId& user, bool erase);

 private:
  // Who a request with an optional token is by, once the password has shown it.
  struct Confirmed {
    UserId user;
    json::Object body;
  };
  absl::StatusOr<Confirmed> ConfirmAnyone(const rpc::Call& call, const v1::BodyRequest& request, std::string operation);
  absl::Status CheckPassword(const rpc::Call& call, const UserId& user, const json::Object& auth);

  const Deps deps_;
  Passwords& passwords_;
  Devices& devices_;
  UiaSessions& uia_;
};

}  // namespace parley::accounts
