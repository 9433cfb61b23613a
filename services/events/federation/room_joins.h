#pragma once

#include <memory>
#include <optional>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_set.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

namespace parley::events {

// One join through another server at a time for a room: the second one finds the room here.
// Threads: any.
class RoomJoins {
 public:
  class Turn {
   public:
    Turn(RoomJoins& joins, std::string room_id) : joins_(joins), room_id_(std::move(room_id)) {}
    ~Turn() { joins_.End(room_id_); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    RoomJoins& joins_;
    const std::string room_id_;
  };

  // Waits until nobody else joins the room. Null when that takes until `deadline`.
  std::unique_ptr<Turn> Begin(const std::string& room_id, absl::Time deadline) {
    const auto is_free = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return !under_way_.contains(room_id);
    };
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithDeadline(absl::Condition(&is_free), deadline)) return nullptr;
    under_way_.insert(room_id);
    return std::make_unique<Turn>(*this, room_id);
  }

 private:
  void End(const std::string& room_id) {
    absl::MutexLock lock(&mutex_);
    under_way_.erase(room_id);
  }

  absl::Mutex mutex_;
  absl::flat_hash_set<std::string> under_way_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::events
