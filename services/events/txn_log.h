#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>

namespace parley::events {

// Where an event ended up.
struct Sent {
  std::string event_id;
  int64_t position = 0;
};

// Names one request of one device in one room. Client-server API, "Transaction identifiers".
struct TxnKey {
  std::string user_id;
  std::string device_id;
  // What the client calls it, and the event type: an id counts for one path, and the path names the type.
  std::string txn_id;
  std::string type;

  // As the store knows it.
  std::string StoredId() const { return type + "/" + txn_id; }

  friend bool operator==(const TxnKey&, const TxnKey&) = default;
  template <class H>
  friend H AbslHashValue(H h, const TxnKey& key) {
    return H::combine(std::move(h), key.user_id, key.device_id, key.StoredId());
  }
};

// A request under way: its twin on another connection waits for the same outcome.
struct PendingTxn {
  absl::Notification done;
  absl::StatusOr<Sent> outcome = absl::UnknownError("");  // valid when `done`
};

// The transactions of one room: which are under way, and which the store may know. Threads: any.
class TxnLog {
 public:
  // The request with this key that is under way, or null.
  std::shared_ptr<PendingTxn> FindPending(const TxnKey& key) const;
  // False: the store surely has no such row. True: look there.
  bool MayBeStored(const TxnKey& key) const;

  void AddStored(std::string_view user_id, std::string_view device_id, std::string_view stored_id);
  std::shared_ptr<PendingTxn> Begin(const TxnKey& key);
  // The outcome reaches those who wait, and the key is stored or free again.
  void End(const TxnKey& key, absl::StatusOr<Sent> outcome);

  size_t MemoryBytes() const;

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<TxnKey, std::shared_ptr<PendingTxn>> pending_ ABSL_GUARDED_BY(mutex_);
  // Hashes only: a false positive costs a look into the store.
  absl::flat_hash_set<size_t> stored_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::events
