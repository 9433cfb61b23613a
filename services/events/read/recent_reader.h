#pragma once

#include <optional>

#include "common/base/clock.h"
#include "common/stream/writer.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/device_changes.h"
#include "services/events/read/room_sync.h"
#include "services/events/read/unread.h"
#include "services/events/room_cache.h"
#include "services/events/typing.h"

namespace parley::events {

// ReadSince from memory, for nearly every long poll: all that is new in the rooms asked for are messages that their Timeline
// still holds, and the viewer was joined all the while. Then state, members, receipts and relations have not changed, history
// visibility hides nothing from a member, and the bytes are at hand.
//
// Threads: safe from any. Lifetime: borrows all of Deps.
class RecentReader {
 public:
  struct Deps {
    RoomCache& rooms;
    stream::Streams& streams;
    const Clock& clock;
    const TypingTable& typing;
    const DeviceChangeMarks& device_changes;
    UnreadCounter& unread;
  };

  explicit RecentReader(Deps deps) : deps_(deps) {}

  // nullopt: something of it is not in memory, or more than messages changed; the store has to be asked.
  std::optional<v1::ReadSinceResponse> ReadSince(const v1::ReadSinceRequest& request, const SyncFrame& frame) const;

 private:
  const Deps deps_;
};

}  // namespace parley::events
