#include "services/accounts/account_cache.h"

#include <algorithm>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/stream/writer.h"
#include "services/accounts/tables/account.h"

namespace parley::accounts {

LockedAccount::LockedAccount(std::shared_ptr<CachedAccount> entry) : entry_(std::move(entry)) {
  entry_->mutex.Lock();
}

LockedAccount::~LockedAccount() {
  if (entry_) entry_->mutex.Unlock();
}

AccountCache::AccountCache(store::Store& store, stream::Streams& streams, std::string server_name, size_t capacity)
    : store_(store), streams_(streams), server_name_(std::move(server_name)), capacity_(capacity) {}

Partition AccountCache::PartitionOfUser(const UserId& user) const {
  return PartitionOf(user.str(), streams_.partitions());
}

absl::StatusOr<LockedAccount> AccountCache::Lock(const UserId& user) {
  LockedAccount locked(Find(user));
  CachedAccount& entry = *locked.entry_;
  const stream::StreamWriter& writer = streams_.For(PartitionOfUser(user));
  const int64_t generation = writer.generation();
  if (entry.is_loaded && entry.generation == generation && !writer.lost()) return locked;
  entry.is_loaded = false;
  PARLEY_RETURN_IF_ERROR(Load(entry, user));
  entry.generation = generation;
  return locked;
}

absl::StatusOr<LockedAccount> AccountCache::LockExisting(const UserId& user) {
  PARLEY_TRY(LockedAccount locked, Lock(user));
  if (!locked->exists) return NotFound("There is no such user here");
  return locked;
}

// In the order of ids, so that two callers never wait for each other.
absl::StatusOr<std::vector<LockedAccount>> AccountCache::LockAll(std::vector<UserId> users) {
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  std::vector<LockedAccount> locked;
  locked.reserve(users.size());
  for (const UserId& user : users) {
    PARLEY_TRY(LockedAccount one, Lock(user));
    locked.push_back(std::move(one));
  }
  return locked;
}

std::shared_ptr<CachedAccount> AccountCache::Find(const UserId& user) {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(user.str());
  if (found != entries_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
  }
  if (entries_.size() >= capacity_) EvictOldest();
  order_.emplace_front(user.str(), std::make_shared<CachedAccount>());
  entries_[user.str()] = order_.begin();
  return order_.front().second;
}

// An entry that somebody holds stays, or two would own one account.
void AccountCache::EvictOldest() {
  for (auto entry = std::prev(order_.end()); entry != order_.begin(); --entry) {
    if (entry->second.use_count() > 1) continue;
    entries_.erase(entry->first);
    order_.erase(entry);
    return;
  }
}

absl::Status AccountCache::Load(CachedAccount& entry, const UserId& user) {
  if (user.server_name() != server_name_) {
    entry.account = Account();
    entry.account.id = user;
    entry.is_loaded = true;
    return absl::OkStatus();
  }
  return store_.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(entry.account, tables::LoadAccount(reader, PartitionOfUser(user), user));
    entry.is_loaded = true;
    return absl::OkStatus();
  });
}

}  // namespace parley::accounts
