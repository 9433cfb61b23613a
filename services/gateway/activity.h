#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "parley/presence/v1/presence.parley.h"

namespace parley::gateway {

// `presence` as this gateway's routes see it. Who was active (S45) is gathered and told beside the
// requests: in one call for all, and of each user at most once in kRepeat, with the time of the
// latest act. So a send costs no call to `presence`, however many there are. All other calls are
// passed on; who asks for a presence finds what was not told yet.
//
// Threads: safe from any; Tick by one. Lifetime: borrows the service and the clock. Memory: the
// users of the last kRepeat, at most kMaxUsers; acts of more are not told. A call that fails is not
// repeated: the next act is told.
class ActivityGathering final : public presence::PresencePassing {
 public:
  static constexpr absl::Duration kRepeat = absl::Seconds(10);
  static constexpr size_t kMaxUsers = 100'000;

  ActivityGathering(presence::PresenceService& presence, const Clock& clock)
      : PresencePassing(presence), clock_(clock) {}

  // Tells what is due. To be called once a second.
  void Tick();

  // Never waits.
  absl::StatusOr<presence::RecordActivityResponse> RecordActivity(
      const rpc::Call& call, const presence::RecordActivityRequest& request) override;
  absl::StatusOr<presence::GetPresenceResponse> GetPresence(
      const rpc::Call& call, const presence::GetPresenceRequest& request) override;

 private:
  struct User {
    absl::Time acted;
    absl::Time told = absl::InfinitePast();
    bool waits = false;
  };

  void Acted(const std::string& user_id);
  presence::RecordActivityRequest Take(absl::Duration repeat);
  void Tell(const rpc::Call& call, const presence::RecordActivityRequest& request);

  const Clock& clock_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, User> users_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::gateway
