#pragma once

#include <cstdint>
#include <string_view>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_set.h>
#include <absl/synchronization/mutex.h>

namespace parley::events {

// Which member events a device was sent by lazy loading, so that it gets each once. A cache: what it forgets is sent again, which
// the specification allows.
//
// Threads: safe from any. Memory: emptied when it holds `capacity` entries of eight bytes.
class LazyMembers {
 public:
  explicit LazyMembers(size_t capacity = 2'000'000) : capacity_(capacity) {}

  bool WasSent(std::string_view user_id, std::string_view device_id, std::string_view room_id,
               int64_t event_pos) const;
  void Sent(std::string_view user_id, std::string_view device_id, std::string_view room_id,
            int64_t event_pos);

 private:
  const size_t capacity_;
  mutable absl::Mutex mutex_;
  // Hashes of the four: a collision, one in 2^64 / capacity, costs a client one member's name until it asks.
  absl::flat_hash_set<uint64_t> sent_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::events
