#include "services/accounts/device_keys.h"

#include <map>
#include <optional>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"

namespace parley::accounts {
namespace {

constexpr std::string_view kUsualAlgorithm = "signed_curve25519";
constexpr size_t kMaxKeyIdBytes = 255;
constexpr size_t kMaxKeyBytes = 16 << 10;

absl::StatusOr<std::string> ReadDeviceKeys(const json::Object& keys, const UserId& user,
                                           const std::string& device_id) {
  PARLEY_TRY(const std::string named_user, RequiredString(keys, "user_id"));
  PARLEY_TRY(const std::string named_device, RequiredString(keys, "device_id"));
  PARLEY_RETURN_IF_ERROR(RequiredArray(keys, "algorithms").status());
  PARLEY_TRY(const json::Object* public_keys, RequiredObject(keys, "keys"));
  PARLEY_RETURN_IF_ERROR(OptionalObject(keys, "signatures").status());
  if (named_user != user.str() || named_device != device_id) {
    return InvalidParam("The device keys are not those of your device");
  }
  for (const auto& [key_id, key] : *public_keys) {
    if (!key.is_string()) return BadJson("A device key must be a string");
  }
  std::string text = json::Serialize(keys);
  if (text.size() > kMaxKeyBytes) return TooLarge("The device keys are too large");
  return text;
}

// "signed_curve25519:AAAABQ"
absl::StatusOr<tables::OneTimeKey> ReadOneTimeKey(const std::string& name, const json::Value& key) {
  const size_t colon = name.find(':');
  if (colon == std::string::npos || colon == 0 || name.size() > kMaxKeyIdBytes) {
    return InvalidParam("A key's name must be '<algorithm>:<key id>'");
  }
  if (!key.is_string() && !key.is_object()) return BadJson("A key must be a string or an object");
  if (const json::Object* object = key.AsObject()) PARLEY_RETURN_IF_ERROR(RequiredString(*object, "key").status());
  tables::OneTimeKey read{name.substr(0, colon), name.substr(colon + 1), {}};
  json::AppendTo(read.json, key);
  if (read.json.size() > kMaxKeyBytes) return TooLarge("A key is too large");
  return read;
}

absl::StatusOr<std::vector<tables::OneTimeKey>> ReadKeys(const json::Object& body, std::string_view member) {
  std::vector<tables::OneTimeKey> keys;
  PARLEY_TRY(const json::Object* named, OptionalObject(body, member));
  if (named == nullptr) return keys;
  for (const auto& [name, key] : *named) {
    PARLEY_TRY(tables::OneTimeKey read, ReadOneTimeKey(name, key));
    keys.push_back(std::move(read));
  }
  return keys;
}

}  // namespace

json::Object OneTimeKeyCounts(const Device& device) {
  json::Object counts = {{std::string(kUsualAlgorithm), 0}};
  for (const auto& [algorithm, count] : device.one_time_keys) counts.Set(algorithm, count);
  return counts;
}

absl::StatusOr<json::Object> DeviceKeys::Upload(const UserId& user, const std::string& device_id,
                                                const json::Object& body) {
  News uploaded;
  PARLEY_TRY(const json::Object* device_keys, OptionalObject(body, "device_keys"));
  if (device_keys != nullptr) {
    auto read = ReadDeviceKeys(*device_keys, user, device_id);
    // A key object that lacks a part is malformed; the request lacks no parameter.
    if (HasErrcode(read.status(), "M_MISSING_PARAM")) return BadJson(FromStatus(read.status()).message);
    PARLEY_TRY(uploaded.device_keys, std::move(read));
  }
  PARLEY_TRY(uploaded.one_time_keys, ReadKeys(body, "one_time_keys"));
  PARLEY_TRY(uploaded.fallback_keys, ReadKeys(body, "fallback_keys"));

  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  Device* device = account->FindDevice(device_id);
  if (device == nullptr) return InvalidParam("Your session has no device");
  News news;
  const auto compare = [&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(news, Compare(reader, *account, device_id, uploaded));
    return absl::OkStatus();
  };
  PARLEY_RETURN_IF_ERROR(deps_.store.Read(compare));
  if (!news.empty()) PARLEY_RETURN_IF_ERROR(Write(account, device_id, *device, news));
  return json::Object{{"one_time_key_counts", OneTimeKeyCounts(*device)}};
}

absl::StatusOr<DeviceKeys::News> DeviceKeys::Compare(store::Reader& reader, const Account& account,
                                                     const std::string& device_id, const News& uploaded) {
  News news;
  PARLEY_TRY(const std::string known_keys,
             tables::FindDeviceKeys(reader, account.partition, account.id.str(), device_id));
  if (uploaded.device_keys != known_keys) news.device_keys = uploaded.device_keys;

  PARLEY_TRY(const auto known, tables::ListOneTimeKeys(reader, account.partition, account.id.str(), device_id));
  std::map<std::pair<std::string, std::string>, std::string> by_name;
  for (const auto& key : known) by_name[{key.algorithm, key.key_id}] = key.json;
  for (const auto& key : uploaded.one_time_keys) {
    const auto found = by_name.find({key.algorithm, key.key_id});
    if (found == by_name.end()) {
      news.one_time_keys.push_back(key);
    } else if (found->second != key.json) {
      return InvalidParam(StrCat("One time key ", key.algorithm, ":", key.key_id, " already exists"));
    }
  }
  if (by_name.size() + news.one_time_keys.size() > deps_.config.max_one_time_keys) {
    return Matrix(400, "M_RESOURCE_LIMIT_EXCEEDED", "This device has too many one-time keys");
  }
  for (const auto& key : uploaded.fallback_keys) {
    PARLEY_TRY(const auto old,
               tables::FindFallbackKey(reader, account.partition, account.id.str(), device_id, key.algorithm));
    if (!old || old->key_id != key.key_id || old->json != key.json) news.fallback_keys.push_back(key);
  }
  return news;
}

absl::Status DeviceKeys::Write(LockedAccount& account, const std::string& device_id, Device& device,
                               const News& news) {
  const std::string& user = account->id.str();
  PARLEY_TRY(const int64_t position, deps_.changes.Commit(account, [&](store::Batch& batch, int64_t at) {
    if (!news.device_keys.empty()) {
      tables::SetDeviceKeys(batch, account->partition, user, device_id, news.device_keys);
      deps_.outbox.AddDeviceListChange(batch, *account, at);
    }
    for (const auto& key : news.one_time_keys) {
      tables::PutOneTimeKey(batch, account->partition, user, device_id, key, at);
    }
    for (const auto& key : news.fallback_keys) {
      tables::PutFallbackKey(batch, account->partition, user, device_id, key, /*used=*/false);
    }
  }));
  for (const auto& key : news.one_time_keys) ++device.one_time_keys[key.algorithm];
  for (const auto& key : news.fallback_keys) device.fallback_unused[key.algorithm] = true;
  if (!news.device_keys.empty()) {
    device.has_keys = true;
    account->device_list_position = account->last_change = position;
    deps_.outbox.Kick(account->partition);
  }
  return absl::OkStatus();
}

}  // namespace parley::accounts
