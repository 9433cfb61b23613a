#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/store/store.h"
#include "services/accounts/account.h"

namespace parley::stream {
class Streams;
}

namespace parley::accounts {

// An account in memory with its lock.
struct CachedAccount {
  absl::Mutex mutex;
  bool is_loaded = false;
  // Of the partition's writer, when it was loaded: another process may have written since it changed.
  int64_t generation = 0;
  Account account;
};

// Sole access to an account: as long as it lives nobody else reads or changes it, so what is read is committed and
// what is decided on it holds. Change the account only after the commit that says the same. Move only.
class LockedAccount {
 public:
  explicit LockedAccount(std::shared_ptr<CachedAccount> entry);
  LockedAccount(LockedAccount&&) = default;
  LockedAccount& operator=(LockedAccount&&) = delete;
  ~LockedAccount();

  Account& operator*() const { return entry_->account; }
  Account* operator->() const { return &entry_->account; }

  // What is in memory may not be what the store has: whoever locks the account next reads it anew.
  void Forget() { entry_->is_loaded = false; }

 private:
  friend class AccountCache;

  std::shared_ptr<CachedAccount> entry_;
};

// The accounts used last, at most so many; others are loaded from the store when they are asked for, and those of partitions
// that this process does not own are loaded each time: to be looked at, since nobody here can change them.
//
// Threads: every method may be called from any; Lock waits for whoever has the account. Lifetime: borrows store and streams.
class AccountCache {
 public:
  // `server_name`: accounts of other servers never exist.
  AccountCache(store::Store& store, stream::Streams& streams, std::string server_name, size_t capacity);

  // `exists` is false when there is no such user here.
  absl::StatusOr<LockedAccount> Lock(const UserId& user);
  // The same; M_NOT_FOUND when there is no such user.
  absl::StatusOr<LockedAccount> LockExisting(const UserId& user);
  // Several at once, each once, without deadlock. In the order of their ids.
  absl::StatusOr<std::vector<LockedAccount>> LockAll(std::vector<UserId> users);

  Partition PartitionOfUser(const UserId& user) const;

 private:
  using Order = std::list<std::pair<std::string, std::shared_ptr<CachedAccount>>>;

  std::shared_ptr<CachedAccount> Find(const UserId& user);
  void EvictOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Load(CachedAccount& entry, const UserId& user);

  store::Store& store_;
  stream::Streams& streams_;
  const std::string server_name_;
  const size_t capacity_;

  absl::Mutex mutex_;
  Order order_ ABSL_GUARDED_BY(mutex_);  // latest first
  absl::flat_hash_map<std::string, Order::iterator> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::accounts
