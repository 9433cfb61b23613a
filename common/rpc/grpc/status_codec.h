#pragma once

#include <string>

#include <absl/status/status.h>

namespace parley::rpc {

// Metadata: the caller's shared secret, and the mark of every answer that comes from a service.
inline constexpr char kTokenKey[] = "x-parley-token";
inline constexpr char kAnsweredKey[] = "x-parley-answered";

// A status with its payloads (a Matrix error is one) as the bytes of parley.rpc.v1.Status; empty when it has none.
std::string EncodeDetails(const absl::Status& status);

// `details` may be anything: what can't be read is left out.
absl::Status DecodeStatus(int code, const std::string& message, const std::string& details);

}  // namespace parley::rpc
