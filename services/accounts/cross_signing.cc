#include "services/accounts/cross_signing.h"

#include <algorithm>
#include <optional>

#include "common/base/strings.h"
#include "common/crypto/base64.h"
#include "common/crypto/json_signature.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"
#include "services/accounts/tables/outbox.h"

namespace parley::accounts {
namespace {

constexpr std::string_view kEd25519 = "ed25519:";
constexpr size_t kMaxKeyBytes = 16 << 10;
const char kMaster[] = "master";

using Keys = std::map<std::string, json::Object>;

absl::StatusOr<json::Object> ReadKey(const json::Object& key, const UserId& user, const std::string& usage) {
  PARLEY_TRY(const std::string named, RequiredString(key, "user_id"));
  if (named != user.str()) return InvalidParam("A cross-signing key must name you as its user");
  PARLEY_TRY(const json::Array* usages, RequiredArray(key, "usage"));
  if (std::find(usages->begin(), usages->end(), json::Value(usage)) == usages->end()) {
    return InvalidParam(StrCat("The key's 'usage' must be ", usage));
  }
  PARLEY_TRY(const json::Object* keys, RequiredObject(key, "keys"));
  if (keys->size() != 1 || !keys->begin()->second.is_string()) {
    return InvalidParam("A cross-signing key object must hold exactly one key");
  }
  if (!keys->begin()->first.starts_with(kEd25519)) return InvalidParam("A cross-signing key must be an ed25519 key");
  PARLEY_RETURN_IF_ERROR(OptionalObject(key, "signatures").status());
  if (json::Serialize(key).size() > kMaxKeyBytes) return TooLarge("A cross-signing key is too large");
  return key;
}

absl::StatusOr<Keys> ReadKeys(const UserId& user, const json::Object& body) {
  Keys keys;
  for (const std::string usage : {kMaster, "self_signing", "user_signing"}) {
    PARLEY_TRY(const json::Object* key, OptionalObject(body, StrCat(usage, "_key")));
    if (key == nullptr) continue;
    PARLEY_TRY(keys[usage], ReadKey(*key, user, usage));
  }
  return keys;
}

// True if nothing would change.
bool AllStored(const Keys& keys, const tables::SigningKeys& stored) {
  return std::all_of(keys.begin(), keys.end(), [&](const auto& entry) {
    const auto found = stored.find(entry.first);
    return found != stored.end() && found->second == json::Serialize(entry.second);
  });
}

absl::StatusOr<std::string> MasterKey(const Keys& keys, const tables::SigningKeys& stored) {
  const auto uploaded = keys.find(kMaster);
  if (uploaded != keys.end()) return CrossSigningPublicKey(uploaded->second);
  const auto known = stored.find(kMaster);
  if (known == stored.end()) return MissingParam("There is no master key yet");
  PARLEY_TRY(const json::Object key, json::ParseObject(known->second));
  return CrossSigningPublicKey(key);
}

}  // namespace

std::string CrossSigningPublicKey(const json::Object& signing_key) {
  const json::Object* keys = json::FindObject(signing_key, "keys");
  if (keys == nullptr || keys->empty()) return {};
  const std::string& name = keys->begin()->first;
  return name.starts_with(kEd25519) ? name.substr(kEd25519.size()) : std::string();
}

absl::Status VerifySignatureBy(const json::Object& object, std::string_view signer, std::string_view name,
                               std::string_view public_key) {
  const auto key = crypto::DecodeBase64(public_key);
  if (key && crypto::VerifyJson(object, signer, StrCat(kEd25519, name), *key).ok()) return absl::OkStatus();
  return Matrix(400, "M_INVALID_SIGNATURE", "The signature is missing or not valid");
}

absl::StatusOr<tables::SigningKeys> CrossSigning::ReadStored(const UserId& user) {
  tables::SigningKeys stored;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(stored, tables::ReadSigningKeys(reader, deps_.accounts.PartitionOfUser(user), user.str()));
    return absl::OkStatus();
  }));
  return stored;
}

absl::StatusOr<json::Object> CrossSigning::Upload(const rpc::Call& call, const UserId& user,
                                                  const json::Object& body) {
  PARLEY_TRY(const Keys keys, ReadKeys(user, body));
  PARLEY_TRY(const tables::SigningKeys stored, ReadStored(user));
  if (AllStored(keys, stored)) return json::Object();
  if (stored.contains(kMaster)) PARLEY_RETURN_IF_ERROR(credentials_.Confirm(call, user, "cross_signing", body).status());
  PARLEY_TRY(const std::string master, MasterKey(keys, stored));
  for (const auto& [usage, key] : keys) {
    if (usage != kMaster) PARLEY_RETURN_IF_ERROR(VerifySignatureBy(key, user.str(), master, master));
  }
  PARLEY_RETURN_IF_ERROR(Write(user, keys));
  return json::Object();
}

absl::Status CrossSigning::Write(const UserId& user, const Keys& keys) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  PARLEY_TRY(const int64_t position, deps_.changes.Commit(account, [&](store::Batch& batch, int64_t at) {
    for (const auto& [usage, key] : keys) {
      tables::PutSigningKey(batch, account->partition, user.str(), usage, json::Serialize(key));
    }
    deps_.outbox.AddDeviceListChange(batch, *account, at);
    deps_.outbox.AddJob(batch, *account, tables::kSigningKeysJob, at);
  }));
  account->device_list_position = account->last_change = position;
  deps_.outbox.Kick(account->partition);
  return absl::OkStatus();
}

}  // namespace parley::accounts
