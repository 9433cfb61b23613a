#include "services/accounts/passwords.h"

#include <algorithm>
#include <optional>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/tables/account.h"

namespace parley::accounts {
namespace {

constexpr size_t kMaxPasswordBytes = 512;
constexpr size_t kMaxCountedUsers = 100'000;

}  // namespace

// A permission to hash, held for its scope.
class Passwords::Slot {
 public:
  explicit Slot(Passwords& passwords) : passwords_(passwords) {
    absl::MutexLock lock(&passwords_.mutex_);
    passwords_.mutex_.Await(absl::Condition(+[](uint32_t* free) { return *free > 0; }, &passwords_.free_slots_));
    --passwords_.free_slots_;
  }
  ~Slot() {
    absl::MutexLock lock(&passwords_.mutex_);
    ++passwords_.free_slots_;
  }

 private:
  Passwords& passwords_;
};

Passwords::Passwords(const Deps& deps)
    : deps_(deps),
      hasher_({deps.config.password_passes, size_t{deps.config.password_memory_kib} << 10}),
      free_slots_(std::max(1u, deps.config.password_checks_at_once)) {}

absl::StatusOr<std::string> Passwords::Hash(std::string_view password) {
  if (password.empty()) return InvalidParam("The password must not be empty");
  if (password.size() > kMaxPasswordBytes) return InvalidParam("The password is longer than 512 bytes");
  const Slot slot(*this);
  return hasher_.Hash(password);
}

absl::Status Passwords::Check(const UserId& user, std::string_view password) {
  PARLEY_RETURN_IF_ERROR(CheckFailures(user));
  std::optional<std::string> hash;
  bool is_deactivated = false;
  {
    PARLEY_TRY(const LockedAccount account, deps_.accounts.Lock(user));
    if (!account->password_hash.empty()) hash = account->password_hash;
    is_deactivated = account->flags.is_deactivated;
  }
  if (is_deactivated) return Matrix(403, "M_USER_DEACTIVATED", "This account has been deactivated");
  if (password.size() > kMaxPasswordBytes) password = {};
  if (Verify(password, hash)) {
    RenewIfOutdated(user, password, *hash);
    return absl::OkStatus();
  }
  CountFailure(user);
  return Forbidden("Invalid user name or password");
}

// If it fails the old hash is as good.
void Passwords::RenewIfOutdated(const UserId& user, std::string_view password, const std::string& hash) {
  if (!hasher_.IsOutdated(hash)) return;
  const auto renewed = Hash(password);
  auto account = deps_.accounts.Lock(user);
  if (!renewed.ok() || !account.ok() || (*account)->password_hash != hash) return;
  store::Batch batch;
  tables::SetPasswordHash(batch, **account, *renewed);
  if (deps_.changes.CommitQuietly((*account)->partition, std::move(batch)).ok()) (*account)->password_hash = *renewed;
}

bool Passwords::Verify(std::string_view password, const std::optional<std::string>& hash) {
  const Slot slot(*this);
  return hasher_.Verify(password, hash);
}

double Passwords::Remaining(const Failures& failures) const {
  const double forgiven = absl::FDivDuration(deps_.clock.Now() - failures.at, deps_.config.login_failure_interval);
  return std::max(0.0, failures.count - forgiven);
}

absl::Status Passwords::CheckFailures(const UserId& user) {
  if (deps_.config.login_failure_burst <= 0) return absl::OkStatus();
  absl::MutexLock lock(&mutex_);
  const auto found = failures_.find(user.str());
  if (found == failures_.end()) return absl::OkStatus();
  const double over = Remaining(found->second) - deps_.config.login_failure_burst;
  if (over < 0) return absl::OkStatus();
  return LimitExceeded(absl::ToInt64Milliseconds(deps_.config.login_failure_interval * (over + 1)));
}

void Passwords::CountFailure(const UserId& user) {
  if (deps_.config.login_failure_burst <= 0) return;
  absl::MutexLock lock(&mutex_);
  // Those who are not at their limit go first: many failures of many users must not make room for more guesses at one.
  if (failures_.size() >= kMaxCountedUsers) {
    const double limit = deps_.config.login_failure_burst;
    absl::erase_if(failures_, [&](const auto& entry) { return Remaining(entry.second) < limit; });
  }
  if (failures_.size() >= kMaxCountedUsers) failures_.clear();
  Failures& failures = failures_[user.str()];
  failures.count = Remaining(failures) + 1;
  failures.at = deps_.clock.Now();
}

}  // namespace parley::accounts
