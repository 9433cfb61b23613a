#pragma once

#include <cstdint>
#include <limits>
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
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "parley/events/v1/events.pb.h"
#include "services/events/read/read_door.h"
#include "services/events/room.h"

namespace parley::push_rules {
class CompiledRules;
struct Outcome;
}

namespace parley::events {

// Unread notifications and highlights of one user in one room, for the whole room or by thread. Client-server API, "Receiving
// notifications" and "Threaded read receipts": what came after the user's receipts and makes the user's push rules notify.
// An invite to a call counts as long as it rings.
//
// Counted when somebody reads, never when somebody writes: a send costs nothing for members who are away. What was counted is
// remembered, so that the next count looks at new events only.
//
// Threads: safe from any. Memory: the last `capacity` (user, room) pairs.
class UnreadCounter {
 public:
  explicit UnreadCounter(size_t capacity = 100'000) : capacity_(capacity) {}

  // Fills update.unread and, with `by_thread`, update.thread_unread as of `head` and `now_ms`.
  absl::Status Count(store::Reader& db, const ReadDoor& door, int64_t head, int64_t now_ms,
                     std::string_view push_rule_changes, bool by_thread, v1::RoomUpdate& update);

  // The user's rules, compiled once for all who ask. DataLoss if they can't be read.
  absl::StatusOr<std::shared_ptr<const push_rules::CompiledRules>> RulesFrom(std::string_view changes);

  // The same as Count, without the store, for a viewer who stayed joined. False, and nothing is filled: what came since the last count
  // is not in memory, or may have changed what was counted before.
  bool CountRecent(const Room& room, const std::string& viewer, int64_t head, int64_t now_ms,
                   std::string_view push_rule_changes, bool by_thread, v1::RoomUpdate& update);

  // Another process counts there from now on.
  void DropPartitions(absl::Span<const Partition> partitions);

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
    // The viewer's name in the room, and the member event that says so; 0: not known.
    std::string own_name = {};
    int64_t own_member_pos = 0;
    // When the first of the invites to calls that were counted ceases to ring.
    int64_t recount_at_ms = std::numeric_limits<int64_t>::max();
  };
  using Key = std::tuple<Partition, RoomNid, std::string>;
  using Order = std::list<std::pair<Key, Counted>>;
  struct Reading;

  Counted Find(const Key& key) const;
  void Keep(const Key& key, Counted counted);
  static void Tally(const push_rules::Outcome& outcome, const std::string& thread_root, ByThread& threads);
  static void Fill(const ByThread& threads, bool by_thread, v1::RoomUpdate& update);

  const size_t capacity_;
  mutable absl::Mutex mutex_;
  Order order_ ABSL_GUARDED_BY(mutex_);  // latest use first
  absl::flat_hash_map<Key, Order::iterator> counted_ ABSL_GUARDED_BY(mutex_);
  // By the changes that they were compiled from.
  absl::flat_hash_map<std::string, std::shared_ptr<const push_rules::CompiledRules>> rules_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::events
