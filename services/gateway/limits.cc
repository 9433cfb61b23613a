#include "services/gateway/limits.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::gateway {
namespace {

constexpr size_t kMaxKeys = 100'000;

}  // namespace

absl::Duration RateLimiter::Take(std::string_view key, absl::Time now) {
  const absl::Duration one = absl::Seconds(1 / rate_.per_second);
  const absl::Duration whole = one * rate_.burst;
  absl::MutexLock lock(&mutex_);
  if (full_at_.size() >= max_keys_) Forget(now);
  absl::Time& full_at = full_at_.try_emplace(std::string(key), now).first->second;
  const absl::Time next = std::max(full_at, now) + one;
  if (next - now > whole) return next - now - whole;
  full_at = next;
  return absl::ZeroDuration();
}

void RateLimiter::Forget(absl::Time now) {
  absl::erase_if(full_at_, [now](const auto& entry) { return entry.second <= now; });
  if (full_at_.size() >= max_keys_) full_at_.clear();
}

Limits::Limits(const Config& config, const Clock& clock)
    : config_(config),
      clock_(clock),
      addresses_(config.address_rate, kMaxKeys),
      logins_(config.login_rate, kMaxKeys),
      reads_(config.read_rate, kMaxKeys),
      writes_(config.write_rate, kMaxKeys) {}

absl::Status Limits::Check(RateLimiter& limiter, std::string_view key) {
  const absl::Duration wait = limiter.Take(key, clock_.Now());
  if (wait == absl::ZeroDuration()) return absl::OkStatus();
  return LimitExceeded(absl::ToInt64Milliseconds(absl::Ceil(wait, absl::Milliseconds(1))));
}

RateLimiter* Limits::LimiterOf(Limit limit) {
  switch (limit) {
    case Limit::kNone: return nullptr;
    case Limit::kRead: return &reads_;
    case Limit::kWrite: return &writes_;
    case Limit::kLogin: return &logins_;
  }
  return nullptr;
}

absl::Status Limits::CheckAddress(Limit limit, std::string_view peer) {
  if (!config_.rate_limits || limit == Limit::kNone) return absl::OkStatus();
  PARLEY_RETURN_IF_ERROR(Check(addresses_, peer));
  return limit == Limit::kLogin ? Check(logins_, peer) : absl::OkStatus();
}

absl::Status Limits::CheckUser(Limit limit, const Requester& requester) {
  RateLimiter* const limiter = LimiterOf(limit);
  if (!config_.rate_limits || limiter == nullptr || requester.user.empty()) return absl::OkStatus();
  return Check(*limiter, requester.user.str());
}

}  // namespace parley::gateway
