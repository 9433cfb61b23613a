#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"
#include "services/accounts/tables/sessions.h"

namespace parley::accounts {

// The device that a login is for, as the request has it.
struct DeviceRequest {
  // Absent: a new one.
  std::optional<std::string> device_id;
  std::optional<std::string> display_name;
  bool wants_refresh_token = false;
  v1::ClientInfo client;

  // Reads `device_id`, `initial_device_display_name` and `refresh_token` of a body.
  static absl::StatusOr<DeviceRequest> Parse(const json::Object& body, const v1::ClientInfo& client);
};

// Devices' access and refresh tokens: "pat_<partition>_…" and "prt_<partition>_…", 256 random bits, stored as hashes.
//
// Threads: every method may be called from any.
class Sessions {
 public:
  explicit Sessions(const Deps& deps) : deps_(deps) {}

  // A session as it is handed to the client, and what of it is stored.
  struct Opened {
    std::string device_id;
    std::string access_token;
    std::string refresh_token;
    tables::Session row;
  };
  // Adds a new session of `account` to `batch`. Older sessions of the same device end; its keys stay.
  Opened Open(store::Batch& batch, const Account& account, const DeviceRequest& request);
  // Makes `account` in memory what Open has written.
  void Apply(Account& account, const DeviceRequest& request, const Opened& opened);
  // Open, commit, Apply; the answer of /login and /register.
  absl::StatusOr<json::Object> LogIn(LockedAccount& account, const DeviceRequest& request);
  // The answer's members for a session.
  json::Object Describe(const Account& account, const Opened& opened) const;

  // UNKNOWN_TOKEN for a token that never was, has ended or (soft_logout) has expired.
  absl::StatusOr<v1::AuthenticateResponse> Authenticate(std::string_view access_token);
  // The body of POST /refresh.
  absl::StatusOr<json::Object> Refresh(const json::Object& body);

 private:
  absl::StatusOr<std::optional<tables::Session>> Find(Partition partition, std::string_view access_token);
  absl::Status EndReplaced(const UserId& user, std::string_view access_hash);
  void Mint(Partition partition, bool with_refresh_token, Opened& opened);
  Device DeviceFor(const Account& account, const DeviceRequest& request, const Opened& opened) const;
  absl::StatusOr<Opened> Replace(LockedAccount& account, const std::string& refresh_hash);

  const Deps deps_;
};

}  // namespace parley::accounts
