#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/crypto/sign.h"
#include "common/json/value.h"

// How servers sign their requests. Server-Server API, "Request Authentication". Pure.
namespace parley::federation {

// The parameters of an Authorization header. `destination` is empty when it was not said (servers
// of before v1.3).
struct XMatrix {
  std::string origin;  // a valid server name
  std::string destination;
  std::string key_id;
  std::string signature;  // base64 as it came
};

// Nothing unless `header` is an X-Matrix header with all that is needed, each parameter once.
std::optional<XMatrix> ParseXMatrix(std::string_view header);
std::string FormatXMatrix(const XMatrix& parameters);

// What is signed of a request.
struct SignedRequest {
  std::string_view method;
  std::string_view uri;  // path and query as they travel
  std::string_view origin;
  std::string_view destination;
  const json::Object* content = nullptr;  // null: no body
};

// The Authorization header that `key`, of request.origin, makes.
std::string SignRequest(const SignedRequest& request, const crypto::SigningKey& key);

// M_UNAUTHORIZED (401) unless the signature is that of `public_key` (32 raw bytes).
absl::Status VerifyRequest(const SignedRequest& request, const XMatrix& claim,
                           std::string_view public_key);
// The same for content that is there as its sender's canonical JSON; request.content is not looked
// at.
absl::Status VerifyRequest(const SignedRequest& request, std::string_view canonical_content,
                           const XMatrix& claim, std::string_view public_key);

}  // namespace parley::federation
