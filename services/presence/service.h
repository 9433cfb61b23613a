#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/functional/function_ref.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/metrics/registry.h"
#include "common/runtime/periodic.h"
#include "common/store/store.h"
#include "parley/presence/v1/presence.parley.h"
#include "parley/profile/v1/profile.parley.h"
#include "services/presence/client_json.h"
#include "services/presence/config.h"
#include "services/presence/directory.h"
#include "services/presence/metrics.h"

namespace parley::presence {

// Who is available, and who is told.
//
// Threads: every method from any thread. Lifetime: borrows config and all of Deps.
// Owns: the tables presence_*, the ephemeral stream "presence" of every partition.
class Service final : public PresenceService {
 public:
  struct Deps {
    store::Store& store;
    bus::Bus& bus;
    profile::ProfileService& profile;
    const Clock& clock;
    metrics::Registry& registry;
  };

  // Owns everything.
  static absl::StatusOr<std::unique_ptr<Service>> Open(const Config& config, Deps deps);
  // Owns nothing until OpenPartitions.
  Service(const Config& config, Deps deps);

  // Takes the partitions over and reads what users had set, and who was there.
  absl::Status OpenPartitions(absl::Span<const Partition> opened);
  // Saves who has changed, and forgets them. What calls about them are still inside fail.
  void ClosePartitions(absl::Span<const Partition> closed);

  // M_INVALID_PARAM for an unknown state; M_TOO_LARGE. The choice is durable when it returns. Nothing
  // is done where the server's visibility is off.
  absl::StatusOr<SetPresenceResponse> SetPresence(const rpc::Call& call, const SetPresenceRequest& request) override;
  // M_FORBIDDEN for a viewer whom the user does not let see it; that the two share a room is for the
  // caller.
  absl::StatusOr<GetPresenceResponse> GetPresence(const rpc::Call& call, const GetPresenceRequest& request) override;
  absl::StatusOr<ReportSessionsResponse> ReportSessions(const rpc::Call& call,
                                                        const ReportSessionsRequest& request) override;
  absl::StatusOr<RecordActivityResponse> RecordActivity(const rpc::Call& call,
                                                        const RecordActivityRequest& request) override;
  absl::StatusOr<AnnounceProfileResponse> AnnounceProfile(const rpc::Call& call,
                                                          const AnnounceProfileRequest& request) override;
  absl::StatusOr<ReceiveRemoteResponse> ReceiveRemote(const rpc::Call& call,
                                                      const ReceiveRemoteRequest& request) override;
  // M_INVALID_PARAM for an unknown visibility.
  absl::StatusOr<SetAudienceResponse> SetAudience(const rpc::Call& call, const SetAudienceRequest& request) override;
  // Who may not see a user any more is told once that the user is offline.
  absl::StatusOr<ReadSinceResponse> ReadSince(const rpc::Call& call, const ReadSinceRequest& request) override;
  absl::StatusOr<common::v1::HeadsResponse> Heads(const rpc::Call& call,
                                                  const common::v1::HeadsRequest& request) override;

  // What time alone changes, and saves who has changed; runs once a second by itself, tests call it.
  void Tick();

 private:
  // A partition that is owned.
  struct Part;
  using PartPtr = std::shared_ptr<Part>;

  absl::Status Restore(Part& part, absl::Time now);
  // Null where it is not owned.
  PartPtr Find(Partition partition) const;
  // WrongOwner.
  absl::StatusOr<PartPtr> PartOf(const std::string& user_id) const;
  std::vector<PartPtr> Owned() const;
  absl::Status Save(Part& part, absl::FunctionRef<void(store::Batch&)> fill);
  void SaveChanged(Part& part);
  Words WordsFor(bool all_states) const { return all_states ? Words::kAll : Words::kPlain; }
  absl::Status Apply(const std::string& user_id, const Input& input);
  absl::Status LearnProfiles(const rpc::Call& call, const std::vector<std::string>& user_ids);

  const Config& config_;
  const Visibility visibility_;
  const Deps deps_;
  const Metrics metrics_;
  mutable absl::Mutex mutex_;
  std::vector<PartPtr> parts_ ABSL_GUARDED_BY(mutex_);  // by partition
  std::unique_ptr<Periodic> tick_;                      // ends first
};

}  // namespace parley::presence
