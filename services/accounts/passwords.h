#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/crypto/password.h"
#include "services/accounts/config.h"
#include "services/accounts/deps.h"

namespace parley::accounts {

// Checks passwords, a few at a time, and makes guessing slow: failures of each user are counted.
//
// Threads: every method may be called from any; don't call with an account locked, it takes its time.
class Passwords {
 public:
  explicit Passwords(const Deps& deps);

  // M_INVALID_PARAM for a password that is empty or beyond 512 bytes.
  absl::StatusOr<std::string> Hash(std::string_view password);

  // Ok if it is the password of this local user, whose hash is made anew when its cost is out of date; the same error and time whether the user or the password is wrong.
  // M_FORBIDDEN; M_LIMIT_EXCEEDED after too many failures; M_USER_DEACTIVATED.
  absl::Status Check(const UserId& user, std::string_view password);

 private:
  class Slot;
  struct Failures {
    double count = 0;
    absl::Time at;
  };

  bool Verify(std::string_view password, const std::optional<std::string>& hash);
  absl::Status CheckFailures(const UserId& user);
  void RenewIfOutdated(const UserId& user, std::string_view password, const std::string& hash);
  void CountFailure(const UserId& user);
  double Remaining(const Failures& failures) const;

  const Deps deps_;
  const crypto::PasswordHasher hasher_;

  absl::Mutex mutex_;
  uint32_t free_slots_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Failures> failures_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::accounts
