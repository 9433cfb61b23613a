#include "services/accounts/signatures.h"

#include <algorithm>
#include <map>

#include "common/base/strings.h"
#include "common/crypto/json_signature.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"
#include "services/accounts/cross_signing.h"

namespace parley::accounts {
namespace {

constexpr std::string_view kEd25519 = "ed25519:";
constexpr size_t kMaxSignatures = 1'000;

absl::Status InvalidSignature(std::string_view message) { return Matrix(400, "M_INVALID_SIGNATURE", message); }

// What was signed must be what is stored.
absl::Status CheckSame(std::string_view stored, const json::Object& signed_key) {
  PARLEY_TRY(const json::Object known, json::ParseObject(stored));
  if (crypto::SignedBytes(known) == crypto::SignedBytes(signed_key)) return absl::OkStatus();
  return InvalidSignature("The signed key is not the one that is stored");
}

absl::StatusOr<std::string> PublicKey(const tables::SigningKeys& keys, const std::string& usage) {
  const auto found = keys.find(usage);
  if (found == keys.end()) return NotFound(StrCat("There is no ", usage, " key"));
  PARLEY_TRY(const json::Object key, json::ParseObject(found->second));
  return CrossSigningPublicKey(key);
}

// The signature by `public_key` that `signed_key` carries, once it is verified.
absl::StatusOr<tables::Signature> TakeSignature(const UserId& signer, const UserId& target,
                                                const std::string& target_key, const json::Object& signed_key,
                                                const std::string& name, const std::string& public_key) {
  PARLEY_RETURN_IF_ERROR(VerifySignatureBy(signed_key, signer.str(), name, public_key));
  const std::string key_id = StrCat(kEd25519, name);
  const json::Object* by_signer = json::FindObject(*json::FindObject(signed_key, "signatures"), signer.str());
  return tables::Signature{signer.str(), target.str(), target_key, key_id, *json::FindString(*by_signer, key_id)};
}

json::Object ToFailure(const absl::Status& status) {
  const MatrixError error = FromStatus(status);
  return {{"errcode", error.errcode}, {"error", error.message}};
}

}  // namespace

absl::StatusOr<json::Object> Signatures::Upload(const UserId& user, const json::Object& body) {
  std::vector<tables::Signature> taken;
  json::Object failures;
  const auto check_all = [&](store::Reader& reader) -> absl::Status {
    for (const auto& [target, keys] : body) {
      const json::Object* by_key = keys.AsObject();
      if (by_key == nullptr) return BadJson("The body must hold an object for each user");
      if (by_key->size() > kMaxSignatures) return TooLarge("Too many signatures");
      PARLEY_TRY(const UserId target_user, UserId::Parse(target));
      json::Object failed;
      for (const auto& [target_key, signed_key] : *by_key) {
        auto checked = Check(reader, user, target_user, target_key, signed_key);
        if (!checked.ok()) failed.Set(target_key, ToFailure(checked.status()));
        if (checked.ok()) std::move(checked->begin(), checked->end(), std::back_inserter(taken));
      }
      if (!failed.empty()) failures.Set(target, std::move(failed));
    }
    return absl::OkStatus();
  };
  PARLEY_RETURN_IF_ERROR(deps_.store.Read(check_all));
  if (!taken.empty()) PARLEY_RETURN_IF_ERROR(Write(user, taken));
  return json::Object{{"failures", std::move(failures)}};
}

absl::StatusOr<std::vector<tables::Signature>> Signatures::Check(store::Reader& reader, const UserId& user,
                                                                 const UserId& target, const std::string& target_key,
                                                                 const json::Value& signed_key) {
  const json::Object* object = signed_key.AsObject();
  if (object == nullptr) return BadJson("A signed key must be an object");
  if (json::StringOr(*object, "user_id", "") != target.str()) return InvalidParam("The key is of another user");
  return user == target ? CheckOwn(reader, user, target_key, *object)
                        : CheckOther(reader, user, target, target_key, *object);
}

absl::StatusOr<std::vector<tables::Signature>> Signatures::CheckOwn(store::Reader& reader, const UserId& user,
                                                                    const std::string& target_key,
                                                                    const json::Object& signed_key) {
  const Partition partition = deps_.accounts.PartitionOfUser(user);
  PARLEY_TRY(const tables::SigningKeys keys, tables::ReadSigningKeys(reader, partition, user.str()));
  PARLEY_TRY(const std::string device, tables::FindDeviceKeys(reader, partition, user.str(), target_key));
  if (!device.empty()) {
    PARLEY_RETURN_IF_ERROR(CheckSame(device, signed_key));
    PARLEY_TRY(const std::string self_signing, PublicKey(keys, "self_signing"));
    PARLEY_TRY(tables::Signature signature,
               TakeSignature(user, user, target_key, signed_key, self_signing, self_signing));
    return std::vector<tables::Signature>{std::move(signature)};
  }
  PARLEY_TRY(const std::string master, PublicKey(keys, "master"));
  if (target_key != master) return NotFound("There is no such device or key");
  PARLEY_RETURN_IF_ERROR(CheckSame(keys.at("master"), signed_key));
  PARLEY_TRY(const auto devices, tables::ListDeviceKeys(reader, partition, user.str()));
  std::vector<tables::Signature> signatures;
  for (const tables::DeviceKeys& signer : devices) {
    PARLEY_TRY(const json::Object stored, json::ParseObject(signer.json));
    const json::Object* public_keys = json::FindObject(stored, "keys");
    const std::string* key = json::FindString(*public_keys, StrCat(kEd25519, signer.device_id));
    if (key == nullptr || crypto::SignatureIn(signed_key, user.str(), StrCat(kEd25519, signer.device_id)).empty()) {
      continue;
    }
    PARLEY_TRY(tables::Signature signature, TakeSignature(user, user, master, signed_key, signer.device_id, *key));
    signatures.push_back(std::move(signature));
  }
  if (signatures.empty()) return InvalidSignature("No device of yours has signed this key");
  return signatures;
}

absl::StatusOr<std::vector<tables::Signature>> Signatures::CheckOther(store::Reader& reader, const UserId& user,
                                                                      const UserId& target,
                                                                      const std::string& target_key,
                                                                      const json::Object& signed_key) {
  PARLEY_TRY(const tables::SigningKeys own,
             tables::ReadSigningKeys(reader, deps_.accounts.PartitionOfUser(user), user.str()));
  PARLEY_TRY(const tables::SigningKeys theirs,
             tables::ReadSigningKeys(reader, deps_.accounts.PartitionOfUser(target), target.str()));
  PARLEY_TRY(const std::string master, PublicKey(theirs, "master"));
  if (target_key != master) return NotFound("This is not the user's master key");
  PARLEY_RETURN_IF_ERROR(CheckSame(theirs.at("master"), signed_key));
  PARLEY_TRY(const std::string user_signing, PublicKey(own, "user_signing"));
  PARLEY_TRY(tables::Signature signature,
             TakeSignature(user, target, target_key, signed_key, user_signing, user_signing));
  return std::vector<tables::Signature>{std::move(signature)};
}

// Own keys changed for everybody; what one has signed of others' is seen by oneself only.
absl::Status Signatures::Write(const UserId& user, const std::vector<tables::Signature>& signatures) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  const bool has_own = std::any_of(signatures.begin(), signatures.end(),
                                   [&](const tables::Signature& signature) { return signature.target == user.str(); });
  PARLEY_TRY(const int64_t position, deps_.changes.Commit(account, [&](store::Batch& batch, int64_t at) {
    for (const tables::Signature& signature : signatures) {
      tables::PutSignature(batch, account->partition, signature, at);
    }
    if (has_own) deps_.outbox.AddDeviceListChange(batch, *account, at);
  }));
  for (const tables::Signature& signature : signatures) {
    if (signature.target != user.str()) account->users_signed[signature.target] = position;
  }
  account->last_change = position;
  if (!has_own) return absl::OkStatus();
  account->device_list_position = position;
  deps_.outbox.Kick(account->partition);
  return absl::OkStatus();
}

}  // namespace parley::accounts
