#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/crypto/sign.h"
#include "common/json/value.h"

// The published signing keys of a server. Server-Server API, "Retrieving server keys". Pure.
namespace parley::federation {

struct PublishedKey {
  std::string key_id;
  std::string public_key;  // 32 raw bytes
  // Of old_verify_keys: when it stopped to be used.
  std::optional<int64_t> expired_ms;
};

// A document as its server signed it.
struct KeyDocument {
  std::string server_name;
  std::vector<PublishedKey> keys;
  // As it says, but not later than seven days after it was read.
  int64_t valid_until_ms = 0;
  json::Object json;

  const PublishedKey* Find(std::string_view key_id) const;
};

// `document` as an answer for `server_name`, read at `now`: it must be about this server, and
// signed by one of the verify_keys that it names. Keys that are no Ed25519 keys are left out.
// InvalidArgument says what is wrong.
absl::StatusOr<KeyDocument> ReadKeyDocument(json::Object document, std::string_view server_name,
                                            absl::Time now);

// Whether `key` may be taken for what was signed at `at_ms`. Room versions of before 5 don't ask
// this of events.
bool IsValidAt(const KeyDocument& document, const PublishedKey& key, int64_t at_ms);

// Our own keys as we publish them, signed with `current`.
json::Object MakeKeyDocument(std::string_view server_name, const crypto::SigningKey& current,
                             const std::vector<PublishedKey>& old, int64_t valid_until_ms);

}  // namespace parley::federation
