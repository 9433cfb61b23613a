#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "services/accounts/deps.h"
#include "services/accounts/tables/keys.h"

namespace parley::accounts {

// Identity, one-time and fallback keys of a device: POST /keys/upload.
// Threads: every method may be called from any.
class DeviceKeys {
 public:
  explicit DeviceKeys(const Deps& deps) : deps_(deps) {}

  // M_BAD_JSON, M_INVALID_PARAM (keys of somebody else; another one-time key under an id that is taken).
  absl::StatusOr<json::Object> Upload(const UserId& user, const std::string& device_id, const json::Object& body);

 private:
  // What of an upload is new.
  struct News {
    std::string device_keys;  // empty: none
    std::vector<tables::OneTimeKey> one_time_keys;
    std::vector<tables::OneTimeKey> fallback_keys;

    bool empty() const { return device_keys.empty() && one_time_keys.empty() && fallback_keys.empty(); }
  };

  absl::StatusOr<News> Compare(store::Reader& reader, const Account& account, const std::string& device_id,
                               const News& uploaded);
  absl::Status Write(LockedAccount& account, const std::string& device_id, Device& device, const News& news);

  const Deps deps_;
};

// "signed_curve25519" → count, at least that one.
json::Object OneTimeKeyCounts(const Device& device);

}  // namespace parley::accounts
