#pragma once

#include <array>
#include <memory>
#include <string>

#include <absl/functional/any_invocable.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "common/bus/bus.h"
#include "common/metrics/registry.h"
#include "common/store/store.h"
#include "common/stream/writer.h"
#include "parley/profile/v1/profile.parley.h"
#include "services/profile/config.h"
#include "services/profile/fields.h"
#include "services/profile/metrics.h"
#include "services/profile/names.h"
#include "services/profile/propagator.h"

namespace parley::profile {

// Names, avatars and other fields of our users; the user directory; and that every room gets to
// know a change.
//
// Threads: every method from any thread. Lifetime: borrows config and all of Deps.
// Owns: tables profile_users and profile_fields, the stream "profile" of every partition.
class Service final : public ProfileService {
 public:
  struct Deps {
    store::Store& store;
    bus::Bus& bus;
    accounts::AccountsService& accounts;
    events::EventsService& events;
    presence::PresenceService& presence;
    metrics::Registry& registry;
  };

  // Owns everything.
  static absl::StatusOr<std::unique_ptr<Service>> Open(const Config& config, Deps deps);
  // Owns nothing until OpenPartitions.
  Service(const Config& config, Deps deps);

  // Takes the partitions over, reads their users' names, goes on with propagations that were not
  // finished.
  absl::Status OpenPartitions(absl::Span<const Partition> opened);
  // Forgets them. Not while calls about them are inside; a propagation that is under way ends with
  // the step it is at.
  void ClosePartitions(absl::Span<const Partition> closed);

  // M_NOT_FOUND for a user without a profile here, or without this field.
  absl::StatusOr<GetProfileResponse> GetProfile(const rpc::Call& call,
                                                const GetProfileRequest& request) override;
  // M_FORBIDDEN for another user's; and see WithField. Durable when it returns; the rooms follow.
  absl::StatusOr<SetFieldResponse> SetField(const rpc::Call& call,
                                            const SetFieldRequest& request) override;
  absl::StatusOr<GetManyResponse> GetMany(const rpc::Call& call,
                                          const GetManyRequest& request) override;
  // Idempotent.
  absl::StatusOr<CreateProfileResponse> CreateProfile(const rpc::Call& call,
                                                      const CreateProfileRequest& request) override;
  absl::StatusOr<EraseProfileResponse> EraseProfile(const rpc::Call& call,
                                                    const EraseProfileRequest& request) override;
  absl::StatusOr<SearchUsersResponse> SearchUsers(const rpc::Call& call,
                                                  const SearchUsersRequest& request) override;
  absl::StatusOr<GetPropagationResponse> GetPropagation(
      const rpc::Call& call, const GetPropagationRequest& request) override;
  absl::StatusOr<common::v1::HeadsResponse> Heads(const rpc::Call& call,
                                                  const common::v1::HeadsRequest& request) override;

 private:
  absl::Status LoadNames(Partition p);
  Partition PartitionFor(std::string_view user_id) const {
    return PartitionOf(user_id, config_.partitions);
  }
  // Writes to one user's rows are made one after another.
  absl::Mutex& LockOf(std::string_view user_id) {
    return locks_[PartitionOf(user_id, locks_.size())];
  }
  absl::StatusOr<Fields> Read(std::string_view user_id);
  // `learn` changes names_: before anybody is woken, so that who asks because of the wake, and
  // keeps the answer, gets the new name.
  absl::Status Commit(const std::string& user_id, store::Batch batch,
                      absl::AnyInvocable<void()> learn);
  absl::Status Change(const std::string& user_id, const Fields& before, const Fields& after,
                      bool propagate);
  absl::Status MarkPropagated(const std::string& user_id, int64_t generation);

  const Config& config_;
  const Deps deps_;
  Metrics metrics_;
  stream::Streams streams_;
  Names names_;
  std::array<absl::Mutex, 64> locks_;
  Propagator propagator_;
};

}  // namespace parley::profile
