#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "common/rpc/call.h"
#include "services/accounts/credentials.h"
#include "services/accounts/deps.h"
#include "services/accounts/tables/keys.h"

namespace parley::accounts {

// Cross-signing keys (Client-Server API, "Cross-signing"): POST /keys/device_signing/upload.
// Threads: every method may be called from any.
class CrossSigning {
 public:
  CrossSigning(const Deps& deps, Credentials& credentials) : deps_(deps), credentials_(credentials) {}

  // User-interactive authentication unless there is no master key yet, or nothing would change.
  // M_INVALID_PARAM, M_BAD_JSON, M_MISSING_PARAM; M_INVALID_SIGNATURE when the master key has not signed the others.
  absl::StatusOr<json::Object> Upload(const rpc::Call& call, const UserId& user, const json::Object& body);

 private:
  absl::StatusOr<tables::SigningKeys> ReadStored(const UserId& user);
  absl::Status Write(const UserId& user, const std::map<std::string, json::Object>& keys);

  const Deps deps_;
  Credentials& credentials_;
};

// The one key of a cross-signing key object, without "ed25519:"; empty when it has none.
std::string CrossSigningPublicKey(const json::Object& signing_key);

// M_INVALID_SIGNATURE unless `object` carries `signer`'s signature by the ed25519 key whose unpadded base64 is `public_key`,
// under the key id "ed25519:<name>".
absl::Status VerifySignatureBy(const json::Object& object, std::string_view signer, std::string_view name,
                               std::string_view public_key);

}  // namespace parley::accounts
