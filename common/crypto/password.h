#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

namespace parley::crypto {

// What one hash costs. The default is libsodium's interactive level; tests use Cheapest().
struct PasswordCost {
  uint64_t operations = 2;
  size_t memory_bytes = 64 << 20;

  static PasswordCost Cheapest() { return {1, 8192}; }
};

// argon2id. Threads: safe from any; each call holds memory_bytes and a core for its time, so the caller
// bounds how many run at once.
class PasswordHasher {
 public:
  explicit PasswordHasher(PasswordCost cost = {});

  // The hash as text, with its salt and cost. ResourceExhausted when there's no memory for it.
  absl::StatusOr<std::string> Hash(std::string_view password) const;

  // True if `hash` is of `password`. Without a hash (no such user, no password set) it is false after
  // the time a real one takes.
  bool Verify(std::string_view password, const std::optional<std::string>& hash) const;

  // True if `hash` was made at another cost and should be made anew at the next login.
  bool IsOutdated(const std::string& hash) const;

 private:
  PasswordCost cost_;
  std::string nobodys_hash_;
};

}  // namespace parley::crypto
