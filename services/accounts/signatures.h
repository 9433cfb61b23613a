#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "services/accounts/deps.h"
#include "services/accounts/tables/keys.h"

namespace parley::accounts {

// Signatures over devices and cross-signing keys: POST /keys/signatures/upload. A user signs own devices with the
// self-signing key, the own master key with a device, and others' master keys with the user-signing key.
//
// Threads: every method may be called from any.
class Signatures {
 public:
  explicit Signatures(const Deps& deps) : deps_(deps) {}

  // What could not be taken is in the answer's `failures`, by user and key; the rest is stored.
  absl::StatusOr<json::Object> Upload(const UserId& user, const json::Object& body);

 private:
  absl::StatusOr<std::vector<tables::Signature>> Check(store::Reader& reader, const UserId& user, const UserId& target,
                                                       const std::string& target_key, const json::Value& signed_key);
  absl::StatusOr<std::vector<tables::Signature>> CheckOwn(store::Reader& reader, const UserId& user,
                                                          const std::string& target_key,
                                                          const json::Object& signed_key);
  absl::StatusOr<std::vector<tables::Signature>> CheckOther(store::Reader& reader, const UserId& user,
                                                            const UserId& target, const std::string& target_key,
                                                            const json::Object& signed_key);
  absl::Status Write(const UserId& user, const std::vector<tables::Signature>& signatures);

  const Deps deps_;
};

}  // namespace parley::accounts
