#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>

#include "parley/events/v1/events.pb.h"
#include "services/events/read/read_door.h"

namespace parley::events {

// Unread notifications and highlights of one user in one room, for the whole room or by thread. Client-server API, "Receiving
// notifications" and "Threaded read receipts": what came after the user's receipts and makes the user's push rules notify.
//
// Counted when somebody reads, never when somebody writes: a send costs nothing for members who are away. What was counted is
// remembered, so that the next count looks at new events only.
//
// Threads: safe from any. Memory: the last `capacity` (user, room) pairs.
class UnreadCounter {
 public:
  explicit UnreadCounter(size_t capacity = 100'000) : capacity_(capacity) {}

  // Fills update.unread and, with `by_thread`, update.thread_unread as of `head`.
  absl::Status Count(store::Reader& db, const ReadDoor& door, int64_t head,
                     std::string_view push_rule_changes, bool by_thread, v1::RoomUpdate& update);

 private:
  struct Counts {
    int64_t notify = 0;
    int64_t highlight = 0;
  };
  // By thread root; the main timeline is "".
  using ByThread = std::map<std::string, Counts>;
  struct Counted {
    int64_t upto = 0;
    int64_t receipts_at = 0;
    size_t rules = 0;
    ByThread threads;
  };
  using Key = std::tuple<Partition, RoomNid, std::string>;
  using Order = std::list<std::pair<Key, Counted>>;
  struct Reading;

  Counted Find(const Key& key) const;
  void Keep(const Key& key, Counted counted);
  static void Fill(const ByThread& threads, bool by_thread, v1::RoomUpdate& update);

  const size_t capacity_;
  mutable absl::Mutex mutex_;
  Order order_ ABSL_GUARDED_BY(mutex_);  // latest use first
  absl::flat_hash_map<Key, Order::iterator> counted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::events
