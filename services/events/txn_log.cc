#include "services/events/txn_log.h"

#include <utility>

#include <absl/hash/hash.h>

#include "common/base/strings.h"

namespace parley::events {
namespace {

size_t HashOf(std::string_view user_id, std::string_view device_id, std::string_view stored_id) {
  return absl::HashOf(Abs(user_id), Abs(device_id), Abs(stored_id));
}
size_t HashOf(const TxnKey& key) { return HashOf(key.user_id, key.device_id, key.StoredId()); }

}  // namespace

std::shared_ptr<PendingTxn> TxnLog::FindPending(const TxnKey& key) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = pending_.find(key);
  return found == pending_.end() ? nullptr : found->second;
}

bool TxnLog::MayBeStored(const TxnKey& key) const {
  absl::ReaderMutexLock lock(&mutex_);
  return stored_.contains(HashOf(key));
}

void TxnLog::AddStored(std::string_view user_id, std::string_view device_id, std::string_view stored_id) {
  absl::MutexLock lock(&mutex_);
  stored_.insert(HashOf(user_id, device_id, stored_id));
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
    if (outcome.ok()) stored_.insert(HashOf(key));
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
