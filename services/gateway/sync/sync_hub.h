#pragma once

#include <memory>
#include <vector>

#include "common/bus/bus.h"
#include "common/runtime/work_pool.h"
#include "services/gateway/sync/heard.h"
#include "services/gateway/sync/presence_log.h"
#include "services/gateway/sync/room_mates.h"
#include "services/gateway/sync/session.h"

namespace parley::gateway {

// Listens to the bus: keeps what this gateway has heard, and wakes the sessions it concerns.
//
// Threads: its callbacks run on the bus's threads. Lifetime: borrows all of Deps; hears nothing after its destructor.
class SyncHub {
 public:
  struct Deps {
    bus::Bus& bus;
    Heard& heard;
    PresenceLog& presence_log;
    SessionTable& sessions;
    const RoomMates& room_mates;
    WorkPool& pool;
    uint32_t partitions;
  };

  explicit SyncHub(Deps deps);

  // A wake, from the bus or known otherwise (this gateway carried the write itself).
  void OnWake(const bus::Wake& wake);
  // The head of a durable stream, by a poll or heartbeat.
  void OnHead(const bus::Head& head);

 private:
  void OnReconnect();
  void WakeKey(std::string_view service, std::string_view key);
  void WakePartition(std::string_view service, Partition partition);
  // Those who share a room with the user; finding them may need a call, so it runs on the pool.
  void WakeRoomMates(std::string_view user_id);
  WakeIndex* IndexFor(std::string_view service);

  const Deps deps_;
  std::vector<bus::Bus::SubscriptionPtr> subscriptions_;
};

}  // namespace parley::gateway
