#include "services/events/txn_log.h"

#include <utility>

namespace parley::events {

std::shared_ptr<PendingTxn> TxnLog::FindPending(const TxnKey& key) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = pending_.find(key);
  return found == pending_.end() ? nullptr : found->second;
}

bool TxnLog::MayBeStored(const TxnKey& key) const {
  absl::ReaderMutexLock lock(&mutex_);
  return stored_.contains(absl::HashOf(key));
}

void TxnLog::AddStored(const TxnKey& key) {
  absl::MutexLock lock(&mutex_);
  stored_.insert(absl::HashOf(key));
}

std::shared_ptr<PendingTxn> TxnLog::Begin(const TxnKey& key) {
  auto pending = std::make_shared<PendingTxn>();
  absl::MutexLock lock(&mutex_);
  pending_[key] = pending;
  return pending;
}

void TxnLog::End(const TxnKey& key, absl::StatusOr<Sent> outcome) {
  std::shared_ptr<PendingTxn> pending;
  {
    absl::MutexLock lock(&mutex_);
    if (outcome.ok()) stored_.insert(absl::HashOf(key));
    const auto found = pending_.find(key);
    if (found == pending_.end()) return;
    pending = std::move(found->second);
    pending_.erase(found);
  }
  pending->outcome = std::move(outcome);
  pending->done.Notify();
}

size_t TxnLog::MemoryBytes() const {
  absl::ReaderMutexLock lock(&mutex_);
  return stored_.size() * 16;
}

}  // namespace parley::events
