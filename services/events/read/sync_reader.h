#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/base/clock.h"
#include "common/store/store.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/read/lazy_members.h"
#include "services/events/read/recent_reader.h"

namespace parley::events {

// ReadSince: what changed for one user in many rooms; from memory where that holds all of it (RecentReader), else read
// in one snapshot.
//
// Threads: safe from any. Lifetime: borrows all of Deps.
class SyncReader {
 public:
  struct Deps {
    store::Store& store;
    const Clock& clock;
    stream::Streams& streams;
    RoomCache& rooms;
    const TypingTable& typing;
    const DeviceChangeMarks& device_changes;
    UnreadCounter& unread;
    const ErasedUsers& erased;
    uint32_t partitions;
  };

  explicit SyncReader(Deps deps)
      : deps_(deps),
        recent_({deps.rooms, deps.streams, deps.clock, deps.typing, deps.device_changes, deps.unread}) {}

  absl::StatusOr<v1::ReadSinceResponse> ReadSince(const v1::ReadSinceRequest& request);
  absl::StatusOr<v1::ListJoinedUsersResponse> ListJoinedUsers(const v1::ListJoinedUsersRequest& request);

 private:
  const Deps deps_;
  const RecentReader recent_;
  LazyMembers lazy_members_;
};

}  // namespace parley::events
