#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <absl/status/statusor.h>

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/bus/head_watcher.h"
#include "common/http/server.h"
#include "common/runtime/work_pool.h"
#include "services/gateway/sync/account_provider.h"
#include "services/gateway/sync/calls_provider.h"
#include "services/gateway/sync/device_list_provider.h"
#include "services/gateway/sync/difference_engine.h"
#include "services/gateway/sync/parked_sync.h"
#include "services/gateway/sync/presence_log.h"
#include "services/gateway/sync/presence_provider.h"
#include "services/gateway/sync/presence_reporter.h"
#include "services/gateway/sync/presence_waker.h"
#include "services/gateway/sync/room_mates.h"
#include "services/gateway/sync/room_provider.h"
#include "services/gateway/sync/session.h"
#include "services/gateway/sync/sync_hub.h"
#include "services/gateway/sync/timers.h"

namespace parley::gateway {

// All that serves /sync in one gateway: what it hears, its sessions, the engine and the parked requests.
//
// Threads: safe from any. Lifetime: borrows all of Deps, which outlive it; the HTTP server stops before it ends.
class Sync {
 public:
  struct Deps {
    accounts::AccountsService& accounts;
    events::EventsService& events;
    presence::PresenceService& presence;
    calls::CallsService& calls;
    RemoteRooms& remote_rooms;
    bus::Bus& bus;
    const Clock& clock;
    WorkPool& pool;
    uint32_t partitions;
    // Names this gateway to `presence`.
    std::string gateway_name;
    // Presence is reported, and told.
    bool presence_on = true;
  };

  explicit Sync(Deps deps);
  ~Sync();

  // Answers one long poll, now or later.
  void Serve(const rpc::Call& call, SyncQuery query, ParkedSync::View view, http::Responder responder);
  // Answers all that wait, and from now on nothing waits: the gateway is to end.
  void End();
  // The difference as it is now, without waiting.
  absl::StatusOr<Difference> ReadNow(const rpc::Call& call, SyncQuery query);

  // An event of this room was sent through this gateway and acknowledged: syncs from now on show it.
  void Wrote(std::string_view room_id, int64_t position);

  size_t sessions() const { return sessions_.size(); }
  size_t waiting() const { return sessions_.waiting(); }

 private:
  std::vector<bus::Head> PollHeads(const std::string& service);
  // When services are silent, wakes may be lost: then a sync asks for itself where their streams
  // are, so that it finds all that was committed before it came.
  void CatchUp();
  // Of the stores behind the services; Unavailable until they have answered once.
  absl::StatusOr<uint64_t> Incarnation();
  static void DropStaleToken(SyncQuery& query, uint64_t incarnation);
  void SweepLater();

  const Deps deps_;
  std::atomic<bool> ending_ = false;
  std::atomic<uint64_t> events_incarnation_ = 0;
  std::atomic<uint64_t> accounts_incarnation_ = 0;
  PresenceReporter presence_reporter_;  // outlives parked syncs
  Heard heard_;
  SessionTable sessions_;
  PresenceLog presence_log_{Rng::System()};
  RoomMates room_mates_;
  AccountProvider accounts_;
  RoomProvider rooms_;
  PresenceProvider presence_;
  DeviceListProvider device_lists_;
  CallsProvider calls_;
  DifferenceEngine engine_;
  Timers timers_;
  PresenceWaker presence_waker_;
  SyncHub hub_;
  std::unique_ptr<bus::HeadWatcher> watcher_;
};

}  // namespace parley::gateway
