#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"

namespace parley::accounts {

// A user's devices (Client-Server API, "Device Management"). Threads: every method may be called from any.
class Devices {
 public:
  explicit Devices(const Deps& deps) : deps_(deps) {}

  absl::StatusOr<json::Object> List(const UserId& user);
  // M_NOT_FOUND.
  absl::StatusOr<json::Object> Get(const UserId& user, const std::string& device_id);
  absl::Status Update(const UserId& user, const std::string& device_id, const json::Object& body);
  absl::Status RecordSeen(const UserId& user, const std::string& device_id, const v1::ClientInfo& client);

  // With their sessions, keys and waiting messages; those that don't exist are passed over.
  absl::Status Remove(LockedAccount& account, const std::vector<std::string>& device_ids);
  absl::Status RemoveAll(LockedAccount& account);
  // All but one.
  absl::Status RemoveOthers(LockedAccount& account, const std::string& device_id);
  // For a larger change: the writes, and then what is to be done in memory.
  void AddRemoval(store::Batch& batch, const Account& account, const std::vector<std::string>& device_ids) const;

 private:
  const Deps deps_;
};

}  // namespace parley::accounts
