#include "services/accounts/tables/keys.h"

#include "common/status/macros.h"

namespace parley::accounts::tables {

using store::Bytes;

absl::StatusOr<std::vector<DeviceKeys>> ListDeviceKeys(store::Reader& reader, Partition partition,
                                                       std::string_view user_id) {
  std::vector<DeviceKeys> devices;
  PARLEY_RETURN_IF_ERROR(reader.Query(
      "SELECT device_id, display_name, keys FROM accounts_devices WHERE p = $1 AND user_id = $2 AND length(keys) > 0 "
      "ORDER BY device_id",
      {partition, user_id},
      [&](const store::Row& row) { devices.push_back({row.String(0), row.MaybeString(1), row.String(2)}); }));
  return devices;
}

absl::StatusOr<std::string> FindDeviceKeys(store::Reader& reader, Partition partition, std::string_view user_id,
                                           std::string_view device_id) {
  PARLEY_TRY(auto keys, reader.QueryString(
                            "SELECT keys FROM accounts_devices WHERE p = $1 AND user_id = $2 AND device_id = $3",
                            {partition, user_id, device_id}));
  return keys.value_or("");
}

void SetDeviceKeys(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view device_id,
                   std::string_view json) {
  batch.Update("accounts_devices", {{"p", partition}, {"user_id", user_id}, {"device_id", device_id}},
               {{"keys", Bytes(json)}});
}

absl::StatusOr<std::vector<OneTimeKey>> ListOneTimeKeys(store::Reader& reader, Partition partition,
                                                        std::string_view user_id, std::string_view device_id) {
  std::vector<OneTimeKey> keys;
  PARLEY_RETURN_IF_ERROR(reader.Query(
      "SELECT algorithm, key_id, json FROM accounts_one_time_keys WHERE p = $1 AND user_id = $2 AND device_id = $3",
      {partition, user_id, device_id},
      [&](const store::Row& row) { keys.push_back({row.String(0), row.String(1), row.String(2)}); }));
  return keys;
}

absl::StatusOr<std::optional<OneTimeKey>> FirstOneTimeKey(store::Reader& reader, Partition partition,
                                                          std::string_view user_id, std::string_view device_id,
                                                          std::string_view algorithm) {
  std::optional<OneTimeKey> first;
  PARLEY_RETURN_IF_ERROR(reader.Query(
      "SELECT algorithm, key_id, json FROM accounts_one_time_keys WHERE p = $1 AND user_id = $2 AND device_id = $3 "
      "AND algorithm = $4 ORDER BY position, key_id LIMIT 1",
      {partition, user_id, device_id, algorithm},
      [&](const store::Row& row) { first = OneTimeKey{row.String(0), row.String(1), row.String(2)}; }));
  return first;
}

void PutOneTimeKey(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view device_id,
                   const OneTimeKey& key, int64_t position) {
  batch.Insert("accounts_one_time_keys", {{"p", partition},
                                          {"user_id", user_id},
                                          {"device_id", device_id},
                                          {"algorithm", key.algorithm},
                                          {"key_id", key.key_id},
                                          {"position", position},
                                          {"json", Bytes(key.json)}});
}

void DeleteOneTimeKey(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view device_id,
                      const OneTimeKey& key) {
  batch.Delete("accounts_one_time_keys", {{"p", partition},
                                          {"user_id", user_id},
                                          {"device_id", device_id},
                                          {"algorithm", key.algorithm},
                                          {"key_id", key.key_id}});
}

absl::StatusOr<std::optional<OneTimeKey>> FindFallbackKey(store::Reader& reader, Partition partition,
                                                          std::string_view user_id, std::string_view device_id,
                                                          std::string_view algorithm) {
  std::optional<OneTimeKey> found;
  PARLEY_RETURN_IF_ERROR(reader.Query(
      "SELECT algorithm, key_id, json FROM accounts_fallback_keys WHERE p = $1 AND user_id = $2 AND device_id = $3 "
      "AND algorithm = $4",
      {partition, user_id, device_id, algorithm},
      [&](const store::Row& row) { found = OneTimeKey{row.String(0), row.String(1), row.String(2)}; }));
  return found;
}

void PutFallbackKey(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view device_id,
                    const OneTimeKey& key, bool used) {
  batch.Upsert("accounts_fallback_keys", {{"p", partition},
                                          {"user_id", user_id},
                                          {"device_id", device_id},
                                          {"algorithm", key.algorithm},
                                          {"key_id", key.key_id},
                                          {"json", Bytes(key.json)},
                                          {"used", used}});
}

absl::StatusOr<SigningKeys> ReadSigningKeys(store::Reader& reader, Partition partition, std::string_view user_id) {
  SigningKeys keys;
  PARLEY_RETURN_IF_ERROR(reader.Query("SELECT usage, json FROM accounts_signing_keys WHERE p = $1 AND user_id = $2",
                                      {partition, user_id},
                                      [&](const store::Row& row) { keys[row.String(0)] = row.String(1); }));
  return keys;
}

void PutSigningKey(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view usage,
                   std::string_view json) {
  batch.Upsert("accounts_signing_keys",
               {{"p", partition}, {"user_id", user_id}, {"usage", usage}, {"json", Bytes(json)}});
}

absl::StatusOr<std::vector<Signature>> ListSignatures(store::Reader& reader, Partition partition,
                                                      std::string_view signer, std::string_view target) {
  std::vector<Signature> signatures;
  PARLEY_RETURN_IF_ERROR(reader.Query(
      "SELECT signer, target, target_key, key_id, signature FROM accounts_signatures "
      "WHERE p = $1 AND signer = $2 AND target = $3",
      {partition, signer, target}, [&](const store::Row& row) {
        signatures.push_back({row.String(0), row.String(1), row.String(2), row.String(3), row.String(4)});
      }));
  return signatures;
}

void PutSignature(store::Batch& batch, Partition partition, const Signature& signature, int64_t position) {
  batch.Upsert("accounts_signatures", {{"p", partition},
                                       {"signer", signature.signer},
                                       {"target", signature.target},
                                       {"target_key", signature.target_key},
                                       {"key_id", signature.key_id},
                                       {"signature", signature.signature},
                                       {"position", position}});
}

}  // namespace parley::accounts::tables
