#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/bus/bus.h"
#include "common/bus/head_watcher.h"
#include "parley/profile/v1/profile.parley.h"
#include "services/gateway/partition_news.h"

namespace parley::gateway {

// `profile` as this gateway's routes see it. Names and avatars, which go into membership events
// (S61), are kept, so that a join of somebody who was met before asks nobody for them. What is kept
// counts only while the user's partition was heard within two seconds and nothing new was said of
// the user (architecture §5); what this gateway changed itself is forgotten at once. A join that
// still took the old name is corrected by `profile` when it carries the new one into the rooms. All
// other calls are passed on.
//
// Threads: any. Lifetime: borrows all of Deps. Memory: at most `max_entries` users; all are
// forgotten when there are more.
class ProfileCache final : public profile::ProfilePassing {
 public:
  struct Deps {
    profile::ProfileService& profile;
    bus::Bus& bus;
    const bus::HeadWatcher& heads;
  };

  ProfileCache(uint32_t partitions, Deps deps, size_t max_entries = 50'000);

  // A head ahead of all that wakes told (HeadWatcher::Options::on_head): whom it was about is not
  // known.
  void OnHead(const bus::Head& head);

  absl::StatusOr<profile::GetManyResponse> GetMany(const rpc::Call& call,
                                                   const profile::GetManyRequest& request) override;
  absl::StatusOr<profile::SetFieldResponse> SetField(
      const rpc::Call& call, const profile::SetFieldRequest& request) override;
  absl::StatusOr<profile::CreateProfileResponse> CreateProfile(
      const rpc::Call& call, const profile::CreateProfileRequest& request) override;
  absl::StatusOr<profile::EraseProfileResponse> EraseProfile(
      const rpc::Call& call, const profile::EraseProfileRequest& request) override;

 private:
  struct Entry {
    common::v1::ProfileFields fields;
    PartitionNews::Number kept_at = 0;
  };

  // Moves what is known into `response`; returns who is left to be asked for.
  profile::GetManyRequest TakeKnown(const profile::GetManyRequest& request,
                                    profile::GetManyResponse& response) const;
  const Entry* Find(const std::string& user_id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  PartitionNews::Number NewsSoFar() const;
  void Keep(const std::string& user_id, const common::v1::ProfileFields& fields, PartitionNews::Number asked_at);
  void Forget(std::string_view user_id);
  void ForgetPartition(Partition partition);
  void ForgetAll();

  const uint32_t partitions_;
  const Deps deps_;
  const size_t max_entries_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  PartitionNews news_ ABSL_GUARDED_BY(mutex_);
  std::vector<bus::Bus::SubscriptionPtr> subscriptions_;
};

}  // namespace parley::gateway
