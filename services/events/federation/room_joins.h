#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "parley/events/v1/room_federation.pb.h"

namespace parley::events {

// One join through another server at a time for a room: the second one finds the room here. What
// other servers send while a join is under way (to them our user is in the room already) is held
// until the room is here. Threads: any.
class RoomJoins {
 public:
  // Of one room.
  static constexpr size_t kMaxHeldBytes = 16 << 20;

  // The join ends with its turn; without TakeHeld, what was held is forgotten.
  class Turn {
   public:
    Turn(RoomJoins& joins, std::string room_id) : joins_(joins), room_id_(std::move(room_id)) {}
    ~Turn() { TakeHeld(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // Ends the join. In the order in which it came.
    std::vector<v1::ReceivePdusRequest> TakeHeld() { return joins_.End(room_id_, *this); }

   private:
    RoomJoins& joins_;
    const std::string room_id_;
  };

  // Waits until nobody else joins the room. Null when that takes until `deadline`.
  std::unique_ptr<Turn> Begin(const std::string& room_id, absl::Time deadline);

  // False when nobody joins the room, or too much is held for it.
  bool Hold(const v1::ReceivePdusRequest& request);

 private:
  struct Join {
    const Turn* turn = nullptr;
    std::vector<v1::ReceivePdusRequest> held;
    size_t held_bytes = 0;
  };

  std::vector<v1::ReceivePdusRequest> End(const std::string& room_id, const Turn& turn);

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Join> under_way_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::events
