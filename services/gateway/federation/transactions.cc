#include "services/gateway/federation/transactions.h"

#include <utility>

#include "common/base/strings.h"
#include "common/status/matrix_error.h"

namespace parley::gateway {
namespace {

constexpr size_t kMaxKept = 10'000;
constexpr absl::Duration kKept = absl::Minutes(10);
constexpr int64_t kRetryAfterMs = 5000;

}  // namespace

absl::StatusOr<std::string> Transactions::Once(const std::string& origin, const std::string& txn_id,
                                               absl::Time deadline, const Work& work) {
  const std::string name = StrCat(origin, " ", txn_id);
  std::shared_ptr<Entry> entry;
  {
    absl::MutexLock lock(&mutex_);
    ForgetOld();
    auto [place, is_first] = entries_.try_emplace(name);
    if (!is_first) {
      entry = place->second;
      mutex_.AwaitWithDeadline(absl::Condition(&entry->is_done), deadline);
      if (!entry->is_done || entry->has_failed) return LimitExceeded(kRetryAfterMs);
      return entry->answer;
    }
    entry = place->second = std::make_shared<Entry>();
  }
  absl::StatusOr<std::string> answer = work();
  absl::MutexLock lock(&mutex_);
  entry->is_done = true;
  entry->has_failed = !answer.ok();
  if (!answer.ok()) {
    entries_.erase(name);
    return answer;
  }
  entry->answer = *answer;
  done_.emplace_back(clock_.Now(), name);
  return answer;
}

void Transactions::ForgetOld() {
  const absl::Time oldest = clock_.Now() - kKept;
  while (!done_.empty() && (done_.size() > kMaxKept || done_.front().first < oldest)) {
    entries_.erase(done_.front().second);
    done_.pop_front();
  }
}

}  // namespace parley::gateway
