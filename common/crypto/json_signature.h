#pragma once

#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "common/crypto/sign.h"
#include "common/json/value.h"

// Signatures in JSON objects. Specification: Appendices, "Signing JSON". Events are redacted first by
// their caller (Server-Server API, "Signing Events").
namespace parley::crypto {

// What is signed: `object` as canonical JSON without `signatures` and `unsigned`.
std::string SignedBytes(const json::Object& object);

// Adds the signature of `key` by `signer` (a server name or user id) beside those already there. A
// `signatures` member of a wrong shape is replaced.
void SignJson(json::Object& object, std::string_view signer, const SigningKey& key);

// The signature that `object` carries by `signer` with `key_id`, decoded; empty if there is none.
std::string SignatureIn(const json::Object& object, std::string_view signer,
                        std::string_view key_id);

// Ok if `object` carries a valid signature by `signer` with `key_id`; `public_key` is 32 raw bytes.
// M_UNAUTHORIZED (401) otherwise.
absl::Status VerifyJson(const json::Object& object, std::string_view signer,
                        std::string_view key_id, std::string_view public_key);

}  // namespace parley::crypto
