#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/json/value.h"
#include "common/rpc/call.h"
#include "common/runtime/periodic.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/federation/v1/federation.parley.h"
#include "parley/presence/v1/presence.parley.h"
#include "services/federation/config.h"
#include "services/federation/introductions.h"

namespace parley::federation {

// Tells other servers of the presence of our users: m.presence EDUs to all servers that share a
// room with the user. It listens for the wakes of `presence`; one that is lost costs an update that
// the next one makes good. Who is there is told again every kRepeat: others hold a user whom they
// don't hear of for half an hour for offline. Of who does not let everybody see them, others hear
// that they are offline. The servers of a room that a user of ours comes into are told of the user
// at once. A server that comes into a room of ours is told who is there as soon as it may have
// taken our answer to its join, and once more later: it passes over users with whom it shares no
// room yet.
//
// Threads: its own timer. Lifetime: borrows its arguments.
class PresenceSender {
 public:
  static constexpr absl::Duration kRepeat = absl::Minutes(25);
  static constexpr absl::Duration kIntroduceAfter = absl::Seconds(2);
  static constexpr absl::Duration kIntroduceAgainAfter = absl::Seconds(20);

  using Send = std::function<absl::Status(const rpc::Call&, const SendEdusRequest&)>;

  struct Needs {
    bus::Bus& bus;
    events::EventsService& events;
    events::RoomFederationService& rooms;
    accounts::AccountsService& accounts;
    presence::PresenceService& presence;
    const Clock& clock;
  };

  // `is_needed`: false as long as nobody elsewhere can want to know. Quick.
  PresenceSender(const Needs& needs, const Config& config, std::function<bool()> is_needed,
                 Send send);
  ~PresenceSender();

  // Sends what has changed; runs by itself, tests call it.
  void Flush();

 private:
  using Names = absl::flat_hash_set<std::string>;

  // When a room's servers are told of those who are there.
  struct Introduction {
    absl::Time at;
    bool is_last = false;
  };

  bus::Bus::SubscriptionPtr Follow(std::string_view stream, uint32_t partitions,
                                   std::function<void(const std::string& key)> take);
  void TakeUser(const std::string& user_id, Names& names);
  Names Take(Names& names);
  void TellAgainLater(const absl::Status& told, const std::string& user_id, Names& names);
  void IntroduceDue();
  std::vector<std::pair<std::string, Introduction>> TakeDueIntroductions();
  absl::Status Introduce(const std::string& room_id, bool is_last);
  absl::Status Tell(const std::string& user_id);
  // Its entry in an EDU; empty when that is what was sent last, and lately.
  absl::StatusOr<std::string> News(const rpc::Call& call, const std::string& user_id);
  absl::StatusOr<json::Object> StatusOf(const rpc::Call& call, const std::string& user_id);
  // Adds those who are to be told again, and forgets what was told of them.
  void TakeDue(Names& users);

  const Needs needs_;
  const std::string suffix_;  // of our users' ids
  const std::function<bool()> is_needed_;
  const Send send_;
  absl::Mutex mutex_;
  Names changed_ ABSL_GUARDED_BY(mutex_);
  Names came_ ABSL_GUARDED_BY(mutex_);  // into rooms with other servers
  absl::flat_hash_map<std::string, Introduction> rooms_ ABSL_GUARDED_BY(mutex_);
  struct Told {
    std::string entry;  // without times
    absl::Time repeat_at = absl::InfiniteFuture();
  };
  // By user: what was told last. The timer's alone.
  absl::flat_hash_map<std::string, Told> told_;
  Introductions introductions_;
  std::vector<bus::Bus::SubscriptionPtr> subscriptions_;
  std::unique_ptr<Periodic> timer_;
};

}  // namespace parley::federation
