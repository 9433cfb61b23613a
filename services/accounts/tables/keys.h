#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"

// Keys of devices and users: accounts_devices.keys, accounts_one_time_keys, accounts_fallback_keys,
// accounts_signing_keys, accounts_signatures. Keys are JSON, as the client signed it.
namespace parley::accounts::tables {

struct DeviceKeys {
  std::string device_id;
  std::optional<std::string> display_name;
  std::string json;
};

// Devices that have keys.
absl::StatusOr<std::vector<DeviceKeys>> ListDeviceKeys(store::Reader& reader, Partition partition,
                                                       std::string_view user_id);
// Empty: none.
absl::StatusOr<std::string> FindDeviceKeys(store::Reader& reader, Partition partition, std::string_view user_id,
                                           std::string_view device_id);
void SetDeviceKeys(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view device_id,
                   std::string_view json);

struct OneTimeKey {
  std::string algorithm;
  std::string key_id;
  std::string json;
};

absl::StatusOr<std::vector<OneTimeKey>> ListOneTimeKeys(store::Reader& reader, Partition partition,
                                                        std::string_view user_id, std::string_view device_id);
// The one that was uploaded first.
absl::StatusOr<std::optional<OneTimeKey>> FirstOneTimeKey(store::Reader& reader, Partition partition,
                                                          std::string_view user_id, std::string_view device_id,
                                                          std::string_view algorithm);
void PutOneTimeKey(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view device_id,
                   const OneTimeKey& key, int64_t position);
void DeleteOneTimeKey(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view device_id,
                      const OneTimeKey& key);

absl::StatusOr<std::optional<OneTimeKey>> FindFallbackKey(store::Reader& reader, Partition partition,
                                                          std::string_view user_id, std::string_view device_id,
                                                          std::string_view algorithm);
void PutFallbackKey(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view device_id,
                    const OneTimeKey& key, bool used);

// By usage: master, self_signing, user_signing.
using SigningKeys = std::map<std::string, std::string>;
absl::StatusOr<SigningKeys> ReadSigningKeys(store::Reader& reader, Partition partition, std::string_view user_id);
void PutSigningKey(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view usage,
                   std::string_view json);

struct Signature {
  std::string signer;
  std::string target;
  // A device id, or a cross-signing key.
  std::string target_key;
  // ed25519:…
  std::string key_id;
  std::string signature;
};

// What `signer`, who lives in `partition`, has signed of `target`'s.
absl::StatusOr<std::vector<Signature>> ListSignatures(store::Reader& reader, Partition partition,
                                                      std::string_view signer, std::string_view target);
void PutSignature(store::Batch& batch, Partition partition, const Signature& signature, int64_t position);

}  // namespace parley::accounts::tables
