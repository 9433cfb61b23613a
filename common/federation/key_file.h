#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/federation/key_document.h"

// The file beside a server's signing key that remembers the keys of before: one line each,
// "ed25519 <version> <public key in unpadded base64> <expired, ms since the epoch>". It holds no secrets. Pure.
namespace parley::federation {

// "signing.key" → "signing.key.old".
std::string OldKeysPath(std::string_view signing_key_path);

// InvalidArgument names the line that is none.
absl::StatusOr<std::vector<PublishedKey>> ParseOldKeys(std::string_view text);
// One line, with its end. `key` has expired.
std::string FormatOldKey(const PublishedKey& key);

}  // namespace parley::federation
