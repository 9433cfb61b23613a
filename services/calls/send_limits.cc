#include "services/calls/send_limits.h"

#include <algorithm>

namespace parley::calls {
namespace {

constexpr absl::Duration kForgetEvery = absl::Seconds(10);

}  // namespace

absl::Duration SendLimits::Take(const std::string& user_id, absl::Time now) {
  if (now - forgot_at_ > kForgetEvery) Forget(now);
  Bucket& bucket = buckets_.try_emplace(user_id, Bucket{burst_, now}).first->second;
  const double refilled = absl::ToDoubleSeconds(now - bucket.at) * per_second_;
  bucket.tokens = std::min(burst_, bucket.tokens + std::max(0.0, refilled));
  bucket.at = now;
  if (bucket.tokens < 1) return absl::Seconds((1 - bucket.tokens) / per_second_);
  bucket.tokens -= 1;
  return absl::ZeroDuration();
}

// A bucket that is full again is as good as none.
void SendLimits::Forget(absl::Time now) {
  absl::erase_if(buckets_, [&](const auto& entry) {
    const Bucket& bucket = entry.second;
    return bucket.tokens + absl::ToDoubleSeconds(now - bucket.at) * per_second_ >= burst_;
  });
  forgot_at_ = now;
}

}  // namespace parley::calls
