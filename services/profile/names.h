#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "common/base/partition.h"

namespace parley::profile {

// The name and avatar of every user that this process owns, in memory: for membership events,
// presence and the user directory. Threads: any.
class Names {
 public:
  struct Name {
    std::optional<std::string> displayname = {};
    std::optional<std::string> avatar_url = {};
    // Counts the changes of the two; `propagated` is the one that has reached all rooms.
    int64_t generation = 0;
    int64_t propagated = 0;

    bool pending() const { return propagated < generation; }
  };
  struct Found {
    std::string user_id;
    Name name;
    int rank = 0;  // as Search orders
  };

  void Set(std::string_view user_id, Name name);
  void SetPropagated(std::string_view user_id, int64_t generation);
  void Erase(std::string_view user_id);
  // Forgets the users of these of so many partitions.
  void Drop(absl::Span<const Partition> dropped, uint32_t partitions);
  std::optional<Name> Find(std::string_view user_id) const;
  // Users whose name has not reached all rooms.
  std::vector<std::string> Pending() const;

  // Those whose display name or id has `term` in it, without regard to case; best first: whole,
  // then beginning, then anywhere. Never `except`. One more than `limit` when there are more.
  std::vector<Found> Search(std::string_view term, size_t limit, std::string_view except) const;

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Name> names_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::profile
