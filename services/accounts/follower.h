#pragma once

#include <string>
#include <thread>
#include <vector>

#include <absl/status/status.h>

#include "common/rpc/call.h"
#include "services/accounts/deps.h"
#include "services/accounts/key_query.h"
#include "services/accounts/tables/outbox.h"

namespace parley::events {
class EventsService;
}
namespace parley::federation {
class FederationService;
}
namespace parley::profile {
class ProfileService;
}

namespace parley::accounts {

// Tells other services what the outbox holds, again and again until they have answered; and prunes what has had its
// time. A thread of its own; jobs are idempotent.
//
// Threads: Start and the destructor by one thread, Run by any. Lifetime: borrows everything; stops in its destructor.
class Follower {
 public:
  Follower(const Deps& deps, KeyQuery& key_query, events::EventsService& events, profile::ProfileService& profile,
           federation::FederationService& federation);
  ~Follower();

  void Start();
  // One job, now; its row goes when it succeeds.
  absl::Status Run(const tables::Job& job);
  // All jobs of a partition that this process owns; false when one is to be tried again.
  bool RunAll(Partition partition);

 private:
  void Loop();
  void PruneIfDue();
  absl::Status Do(const tables::Job& job);
  absl::Status TellDeviceListChange(const tables::Job& job);
  absl::Status TellOtherServers(const tables::Job& job, const std::vector<std::string>& rooms);
  absl::Status SendDurably(const std::vector<std::string>& rooms, std::string key, std::string json);
  absl::Status TellSigningKeys(const tables::Job& job);
  absl::Status CreateProfile(const tables::Job& job);
  absl::Status Erase(const tables::Job& job);
  absl::Status LeaveRooms(const tables::Job& job);
  absl::Status LeaveRoom(const std::string& user_id, const std::string& room_id);
  absl::StatusOr<std::vector<std::string>> RoomsOf(const UserId& user, std::initializer_list<std::string_view> kinds);
  rpc::Call NewCall() const;

  const Deps deps_;
  KeyQuery& key_query_;
  events::EventsService& events_;
  profile::ProfileService& profile_;
  federation::FederationService& federation_;
  absl::Time next_pruning_;
  std::thread thread_;
};

}  // namespace parley::accounts
