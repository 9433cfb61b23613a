#include "common/federation/key_document.h"

#include <algorithm>

#include "common/crypto/base64.h"
#include "common/crypto/json_signature.h"

namespace parley::federation {
namespace {

constexpr size_t kMaxKeys = 64;
constexpr size_t kPublicKeyBytes = 32;
// "Servers MUST use the lesser of this field and 7 days into the future."
constexpr absl::Duration kLongestTrust = absl::Hours(24 * 7);

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(absl::string_view(what.data(), what.size()));
}

std::optional<PublishedKey> ReadKey(const std::string& key_id, const json::Value& value) {
  const json::Object* object = value.AsObject();
  const std::string* text = object == nullptr ? nullptr : json::FindString(*object, "key");
  if (text == nullptr || !crypto::IsEd25519KeyId(key_id)) return std::nullopt;
  auto bytes = crypto::DecodeBase64(*text);
  if (!bytes || bytes->size() != kPublicKeyBytes) return std::nullopt;
  PublishedKey key{key_id, *std::move(bytes), std::nullopt};
  if (const int64_t* expired = json::FindInt(*object, "expired_ts")) key.expired_ms = *expired;
  return key;
}

void ReadKeys(const json::Object& document, std::string_view member, bool expired,
              std::vector<PublishedKey>& keys) {
  const json::Object* all = json::FindObject(document, member);
  if (all == nullptr) return;
  for (const auto& [key_id, value] : *all) {
    if (keys.size() == kMaxKeys) return;
    auto key = ReadKey(key_id, value);
    if (!key || (expired && !key->expired_ms)) continue;
    if (!expired) key->expired_ms.reset();
    const auto is_same = [&](const PublishedKey& other) { return other.key_id == key_id; };
    if (std::none_of(keys.begin(), keys.end(), is_same)) keys.push_back(*std::move(key));
  }
}

bool IsSignedByItself(const KeyDocument& document) {
  return std::any_of(document.keys.begin(), document.keys.end(), [&](const PublishedKey& key) {
    return !key.expired_ms &&
           crypto::VerifyJson(document.json, document.server_name, key.key_id, key.public_key).ok();
  });
}

}  // namespace

const PublishedKey* KeyDocument::Find(std::string_view key_id) const {
  for (const PublishedKey& key : keys) {
    if (key.key_id == key_id) return &key;
  }
  return nullptr;
}

absl::StatusOr<KeyDocument> ReadKeyDocument(json::Object document, std::string_view server_name,
                                            absl::Time now) {
  if (json::StringOr(document, "server_name", "") != server_name) {
    return Wrong("the keys are another server's");
  }
  const int64_t* valid_until = json::FindInt(document, "valid_until_ts");
  if (valid_until == nullptr) return Wrong("the keys have no valid_until_ts");
  KeyDocument read;
  read.server_name = server_name;
  read.valid_until_ms = std::min(*valid_until, absl::ToUnixMillis(now + kLongestTrust));
  ReadKeys(document, "verify_keys", /*expired=*/false, read.keys);
  ReadKeys(document, "old_verify_keys", /*expired=*/true, read.keys);
  read.json = std::move(document);
  if (!IsSignedByItself(read)) return Wrong("the keys are not signed by one of them");
  return read;
}

bool IsValidAt(const KeyDocument& document, const PublishedKey& key, int64_t at_ms) {
  return at_ms <= key.expired_ms.value_or(document.valid_until_ms);
}

json::Object MakeKeyDocument(std::string_view server_name, const crypto::SigningKey& current,
                             const std::vector<PublishedKey>& old, int64_t valid_until_ms) {
  json::Object old_keys;
  for (const PublishedKey& key : old) {
    old_keys.Set(key.key_id, json::Object{{"key", crypto::EncodeBase64(key.public_key)},
                                          {"expired_ts", key.expired_ms.value_or(0)}});
  }
  json::Object verify_keys{{current.id(), json::Object{{"key", current.public_key_base64()}}}};
  json::Object document{{"server_name", server_name},
                        {"verify_keys", std::move(verify_keys)},
                        {"old_verify_keys", std::move(old_keys)},
                        {"valid_until_ts", valid_until_ms}};
  crypto::SignJson(document, server_name, current);
  return document;
}

}  // namespace parley::federation
