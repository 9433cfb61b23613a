#include "services/accounts/key_query.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/accounts/body.h"
#include "services/accounts/cross_signing.h"
#include "services/accounts/device_list_edu.h"

namespace parley::accounts {
namespace {

constexpr size_t kMaxUsers = 10'000;

// Keys were valid when they were stored.
json::Object ParseStored(std::string_view text) {
  auto object = json::ParseObject(text);
  return object.ok() ? *std::move(object) : json::Object();
}

// Adds to `keys` the signatures over `target_key`.
void AddSignatures(json::Object& keys, std::string_view target_key, const std::vector<tables::Signature>& signatures) {
  json::Object all;
  if (const json::Object* own = json::FindObject(keys, "signatures")) all = *own;
  for (const tables::Signature& signature : signatures) {
    if (signature.target_key != target_key) continue;
    json::Object by_signer;
    if (const json::Object* before = json::FindObject(all, signature.signer)) by_signer = *before;
    by_signer.Set(signature.key_id, signature.signature);
    all.Set(signature.signer, std::move(by_signer));
  }
  keys.Set("signatures", std::move(all));
}

absl::StatusOr<std::vector<std::string>> ReadDeviceIds(const json::Value& value) {
  if (!value.is_array()) return BadJson("'device_keys' must hold an array of device ids for each user");
  std::vector<std::string> ids;
  for (const json::Value& id : *value.AsArray()) {
    if (!id.is_string()) return BadJson("A device id must be a string");
    ids.push_back(*id.AsString());
  }
  return ids;
}

json::Object Unreachable() {
  return {{"errcode", "M_UNREACHABLE"}, {"error", "This server does not reach others"}, {"status", 503}};
}

}  // namespace

struct KeyQuery::Found {
  json::Object device_keys;
  json::Object master_keys;
  json::Object self_signing_keys;
  json::Object user_signing_keys;
};

absl::StatusOr<json::Object> KeyQuery::Query(const UserId& requester, const json::Object& body) {
  PARLEY_TRY(const json::Object* wanted, RequiredObject(body, "device_keys"));
  if (wanted->size() > kMaxUsers) return TooLarge("Too many users");
  std::vector<std::pair<UserId, std::vector<std::string>>> users;
  json::Object failures;
  for (const auto& [id, devices] : *wanted) {
    PARLEY_TRY(UserId user, UserId::Parse(id));
    PARLEY_TRY(std::vector<std::string> device_ids, ReadDeviceIds(devices));
    if (user.server_name() == deps_.config.server_name) {
      users.emplace_back(std::move(user), std::move(device_ids));
    } else {
      failures.Set(user.server_name(), Unreachable());
    }
  }
  Found found;
  const auto read = [&](store::Reader& reader) -> absl::Status {
    for (const auto& [user, devices] : users) {
      PARLEY_RETURN_IF_ERROR(ReadUser(reader, requester, user, devices, found));
    }
    return absl::OkStatus();
  };
  PARLEY_RETURN_IF_ERROR(deps_.store.Read(read));
  return json::Object{{"device_keys", std::move(found.device_keys)},
                      {"master_keys", std::move(found.master_keys)},
                      {"self_signing_keys", std::move(found.self_signing_keys)},
                      {"user_signing_keys", std::move(found.user_signing_keys)},
                      {"failures", std::move(failures)}};
}

absl::Status KeyQuery::ReadUser(store::Reader& reader, const UserId& requester, const UserId& user,
                                const std::vector<std::string>& devices, Found& found) {
  const Partition partition = deps_.accounts.PartitionOfUser(user);
  PARLEY_TRY(std::vector<tables::Signature> signatures,
             tables::ListSignatures(reader, partition, user.str(), user.str()));
  if (requester != user) {
    PARLEY_TRY(std::vector<tables::Signature> own,
               tables::ListSignatures(reader, deps_.accounts.PartitionOfUser(requester), requester.str(), user.str()));
    std::move(own.begin(), own.end(), std::back_inserter(signatures));
  }
  PARLEY_TRY(const auto stored, tables::ListDeviceKeys(reader, partition, user.str()));
  json::Object by_device;
  for (const tables::DeviceKeys& device : stored) {
    if (!devices.empty() && std::find(devices.begin(), devices.end(), device.device_id) == devices.end()) continue;
    json::Object keys = ParseStored(device.json);
    AddSignatures(keys, device.device_id, signatures);
    json::Object unsigned_data;
    if (device.display_name) unsigned_data.Set("device_display_name", *device.display_name);
    keys.Set("unsigned", std::move(unsigned_data));
    by_device.Set(device.device_id, std::move(keys));
  }
  found.device_keys.Set(user.str(), std::move(by_device));

  PARLEY_TRY(const tables::SigningKeys signing_keys, tables::ReadSigningKeys(reader, partition, user.str()));
  for (const auto& [usage, text] : signing_keys) {
    json::Object key = ParseStored(text);
    AddSignatures(key, CrossSigningPublicKey(key), signatures);
    if (usage == "master") found.master_keys.Set(user.str(), std::move(key));
    else if (usage == "self_signing") found.self_signing_keys.Set(user.str(), std::move(key));
    else if (requester == user) found.user_signing_keys.Set(user.str(), std::move(key));
  }
  return absl::OkStatus();
}

absl::StatusOr<json::Object> KeyQuery::Devices(const UserId& user) {
  int64_t stream_id = 0;
  {
    PARLEY_TRY(const LockedAccount account, deps_.accounts.LockExisting(user));
    stream_id = DeviceListStreamId(account->device_list_position);
  }
  Found found;
  PARLEY_RETURN_IF_ERROR(
      deps_.store.Read([&](store::Reader& reader) { return ReadUser(reader, UserId(), user, {}, found); }));
  json::Array devices;
  const json::Object* by_id = json::FindObject(found.device_keys, user.str());
  for (const auto& [device_id, keys] : by_id ? *by_id : json::Object()) {
    json::Object device{{"device_id", device_id}, {"keys", keys}};
    const json::Value* names = keys.Find("unsigned");
    if (const json::Value* name = names ? names->Find("device_display_name") : nullptr) {
      device.Set("device_display_name", *name);
    }
    devices.emplace_back(std::move(device));
  }
  json::Object answer{{"user_id", user.str()}, {"stream_id", stream_id}, {"devices", std::move(devices)}};
  if (const json::Object* key = json::FindObject(found.master_keys, user.str())) answer.Set("master_key", *key);
  if (const json::Object* key = json::FindObject(found.self_signing_keys, user.str())) {
    answer.Set("self_signing_key", *key);
  }
  return answer;
}

absl::StatusOr<json::Object> KeyQuery::Claim(const rpc::Call& call, const json::Object& body) {
  PARLEY_TRY(const json::Object* wanted, RequiredObject(body, "one_time_keys"));
  if (wanted->size() > kMaxUsers) return TooLarge("Too many users");
  for (const auto& [id, devices] : *wanted) {
    PARLEY_RETURN_IF_ERROR(UserId::Parse(id).status());
    if (!devices.is_object()) return BadJson("'one_time_keys' must hold an object for each user");
    for (const auto& [device_id, algorithm] : *devices.AsObject()) {
      if (!algorithm.is_string()) return BadJson("An algorithm must be a string");
    }
  }
  v1::ClaimOneTimeKeysRequest claim;
  json::Object keys, failures;
  for (const auto& [id, devices] : *wanted) {
    const UserId user = UserId::Trusted(id);
    if (user.server_name() != deps_.config.server_name) {
      failures.Set(user.server_name(), Unreachable());
      continue;
    }
    v1::ClaimOneTimeKeysRequest::User& of_user = *claim.add_users();
    of_user.set_user_id(id);
    for (const auto& [device_id, algorithm] : *devices.AsObject()) {
      (*of_user.mutable_devices())[device_id] = *algorithm.AsString();
    }
  }
  if (claim.users_size() == 0) return json::Object{{"one_time_keys", json::Object()}, {"failures", std::move(failures)}};
  PARLEY_TRY(const v1::ClaimOneTimeKeysResponse claimed, deps_.owners.ClaimOneTimeKeys(call, claim));
  for (const auto& of_user : claimed.users()) {
    PARLEY_TRY(json::Value devices, json::Parse(of_user.json()));
    keys.Set(of_user.user_id(), std::move(devices));
  }
  return json::Object{{"one_time_keys", std::move(keys)}, {"failures", std::move(failures)}};
}

absl::StatusOr<v1::ClaimOneTimeKeysResponse> KeyQuery::ClaimHere(const v1::ClaimOneTimeKeysRequest& request) {
  v1::ClaimOneTimeKeysResponse response;
  for (const auto& asked : request.users()) {
    json::Object keys;
    PARLEY_RETURN_IF_ERROR(ClaimOfUser(UserId::Trusted(asked.user_id()), asked.devices(), keys));
    if (keys.empty()) continue;
    v1::ClaimOneTimeKeysResponse::User& of_user = *response.add_users();
    of_user.set_user_id(asked.user_id());
    of_user.set_json(json::Serialize(keys));
  }
  return response;
}

absl::Status KeyQuery::ClaimOfUser(const UserId& user, const google::protobuf::Map<std::string, std::string>& devices,
                                   json::Object& answer) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.Lock(user));
  struct Claimed {
    std::string device_id;
    tables::OneTimeKey key;
    bool is_fallback = false;
  };
  std::vector<Claimed> claimed;
  const auto find = [&](store::Reader& reader) -> absl::Status {
    for (const auto& [device_id, algorithm] : devices) {
      PARLEY_TRY(auto key, tables::FirstOneTimeKey(reader, account->partition, user.str(), device_id, algorithm));
      const bool is_fallback = !key;
      if (is_fallback) {
        PARLEY_TRY(key, tables::FindFallbackKey(reader, account->partition, user.str(), device_id, algorithm));
      }
      if (key) claimed.push_back({device_id, *std::move(key), is_fallback});
    }
    return absl::OkStatus();
  };
  PARLEY_RETURN_IF_ERROR(deps_.store.Read(find));
  if (claimed.empty()) return absl::OkStatus();

  const auto write = [&](store::Batch& batch, int64_t) {
    for (const Claimed& claim : claimed) {
      if (claim.is_fallback) {
        tables::PutFallbackKey(batch, account->partition, user.str(), claim.device_id, claim.key, /*used=*/true);
      } else {
        tables::DeleteOneTimeKey(batch, account->partition, user.str(), claim.device_id, claim.key);
      }
    }
  };
  PARLEY_RETURN_IF_ERROR(deps_.changes.Commit(account, write).status());
  for (const Claimed& claim : claimed) {
    if (Device* device = account->FindDevice(claim.device_id)) {
      if (claim.is_fallback) device->fallback_unused[claim.key.algorithm] = false;
      else --device->one_time_keys[claim.key.algorithm];
    }
    PARLEY_TRY(json::Value key, json::Parse(claim.key.json));
    answer.Set(claim.device_id,
               json::Object{{StrCat(claim.key.algorithm, ":", claim.key.key_id), std::move(key)}});
  }
  return absl::OkStatus();
}

}  // namespace parley::accounts
