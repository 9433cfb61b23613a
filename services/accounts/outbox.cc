#include "services/accounts/outbox.h"

#include <utility>

#include "services/accounts/tables/account.h"
#include "services/accounts/tables/outbox.h"

namespace parley::accounts {

void Outbox::AddDeviceListChange(store::Batch& batch, const Account& account, int64_t position) {
  tables::SetDeviceListPosition(batch, account, position);
  AddJob(batch, account, tables::kDeviceListJob, position);
}

void Outbox::AddJob(store::Batch& batch, const Account& account, std::string_view kind, int64_t position) {
  tables::PutJob(batch, {account.partition, std::string(kind), account.id.str(), position});
}

void Outbox::Kick(Partition partition) {
  absl::MutexLock lock(&mutex_);
  work_.insert(partition);
}

std::set<Partition> Outbox::TakeWork(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  const auto is_due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !work_.empty() || stopped_; };
  mutex_.AwaitWithTimeout(absl::Condition(&is_due), timeout);
  return std::exchange(work_, {});
}

void Outbox::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
}

bool Outbox::stopped() const {
  absl::MutexLock lock(&mutex_);
  return stopped_;
}

}  // namespace parley::accounts
