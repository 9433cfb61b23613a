#include "services/media/arrivals.h"

namespace parley::media {

uint64_t Arrivals::count() const {
  absl::MutexLock lock(&mutex_);
  return count_;
}

void Arrivals::Announce() {
  absl::MutexLock lock(&mutex_);
  ++count_;
}

bool Arrivals::WaitBeyond(uint64_t count, absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  if (waiting_ >= max_waiting_) return false;
  const auto arrived = [&] {
    mutex_.AssertReaderHeld();
    return count_ > count;
  };
  ++waiting_;
  const bool came = mutex_.AwaitWithDeadline(absl::Condition(&arrived), deadline);
  --waiting_;
  return came;
}

}  // namespace parley::media
