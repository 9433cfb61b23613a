#pragma once

#include <string>

#include <absl/container/flat_hash_map.h>
#include <absl/time/time.h>

namespace parley::calls {

// How fast the delayed events of one user are sent. Whoever schedules many for one moment does not
// get around the limits of sending them.
//
// Threads: none of its own, a value. Memory: users who sent lately; the others are forgotten.
class SendLimits {
 public:
  SendLimits(double per_second, double burst) : per_second_(per_second), burst_(burst) {}

  // Zero when the user may send one now, which counts; otherwise how long until then.
  absl::Duration Take(const std::string& user_id, absl::Time now);

 private:
  struct Bucket {
    double tokens = 0;
    absl::Time at;
  };

  void Forget(absl::Time now);

  const double per_second_;
  const double burst_;
  absl::flat_hash_map<std::string, Bucket> buckets_;
  absl::Time forgot_at_ = absl::InfinitePast();
};

}  // namespace parley::calls
