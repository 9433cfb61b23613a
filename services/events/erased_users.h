#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/base/partition.h"
#include "common/store/store.h"
#include "common/stream/writer.h"

namespace parley::events {

// Deactivated users who want to be forgotten (`erase` of POST /account/deactivate), and where each partition's stream
// stood when they were: who came into a room later gets their messages redacted (ReadDoor).
//
// Threads: safe from any. Lifetime: borrows store and streams. Memory: eight bytes for each erased user and partition.
class ErasedUsers {
 public:
  ErasedUsers(store::Store& store, stream::Streams& streams);

  // What the store holds: before the first use, and from time to time where other processes own partitions, too.
  absl::Status Load();
  // Durable when it returns in the partitions that this process owns, which it returns. Who was erased before stays so
  // from then on.
  absl::StatusOr<std::vector<Partition>> Erase(const std::string& user_id);

  // Where the partition stood when the user was erased; nullopt for those who were not. Cheap while nobody was.
  std::optional<int64_t> ErasedAt(std::string_view user_id, Partition partition) const;

 private:
  using Done = std::function<void(const absl::Status&)>;

  // `done` is called once, from any thread.
  void Append(const std::string& user_id, Partition partition, Done done);
  void Remember(const std::string& user_id, Partition partition, int64_t position);

  store::Store& store_;
  stream::Streams& streams_;
  mutable absl::Mutex mutex_;
  // By partition; -1: not there (yet).
  absl::flat_hash_map<std::string, std::vector<int64_t>> positions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::events
