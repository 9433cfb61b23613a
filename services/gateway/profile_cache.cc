#include "services/gateway/profile_cache.h"

#include "common/base/partition.h"
#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/stream/position.h"

namespace parley::gateway {
namespace {

std::string StreamName() {
  return std::string(stream::NameOf(stream::StreamKind::kProfile));
}

}  // namespace

ProfileCache::ProfileCache(uint32_t partitions, Deps deps, size_t max_entries)
    : ProfilePassing(deps.profile),
      partitions_(partitions),
      deps_(deps),
      max_entries_(max_entries),
      news_(partitions) {
  subscriptions_.push_back(
      deps_.bus.Subscribe(bus::Interest::Of(bus::AllTopics(StreamName(), partitions)), [this](const bus::Wake& wake) {
        if (wake.key.empty()) return ForgetPartition(wake.partition);
        Forget(wake.key);
      }));
  subscriptions_.push_back(deps_.bus.OnReconnect([this] { ForgetAll(); }));
}

void ProfileCache::OnHead(const bus::Head& head) {
  if (head.topic.service == StreamName()) ForgetPartition(head.topic.partition);
}

void ProfileCache::Forget(std::string_view user_id) {
  absl::MutexLock lock(&mutex_);
  news_.Heard(PartitionOf(user_id, partitions_));
  entries_.erase(Abs(user_id));
}

void ProfileCache::ForgetPartition(Partition partition) {
  absl::MutexLock lock(&mutex_);
  news_.Forget(partition);
}

void ProfileCache::ForgetAll() {
  absl::MutexLock lock(&mutex_);
  news_.ForgetAll();
  entries_.clear();
}

const ProfileCache::Entry* ProfileCache::Find(const std::string& user_id) const {
  const auto found = entries_.find(user_id);
  if (found == entries_.end()) return nullptr;
  const Partition partition = PartitionOf(user_id, partitions_);
  if (!news_.Counts(partition, found->second.kept_at)) return nullptr;
  return deps_.heads.HeardLately({StreamName(), partition}) ? &found->second : nullptr;
}

profile::GetManyRequest ProfileCache::TakeKnown(const profile::GetManyRequest& request,
                                                profile::GetManyResponse& response) const {
  profile::GetManyRequest unknown;
  absl::MutexLock lock(&mutex_);
  for (const std::string& user_id : request.user_ids()) {
    if (const Entry* known = Find(user_id)) {
      (*response.mutable_profiles())[user_id] = known->fields;
    } else {
      unknown.add_user_ids(user_id);
    }
  }
  return unknown;
}

PartitionNews::Number ProfileCache::NewsSoFar() const {
  absl::MutexLock lock(&mutex_);
  return news_.now();
}

void ProfileCache::Keep(const std::string& user_id, const common::v1::ProfileFields& fields,
                        PartitionNews::Number asked_at) {
  absl::MutexLock lock(&mutex_);
  if (!news_.MayKeep(PartitionOf(user_id, partitions_), asked_at)) return;
  if (entries_.size() >= max_entries_) entries_.clear();
  entries_[user_id] = {fields, news_.now()};
}

absl::StatusOr<profile::GetManyResponse> ProfileCache::GetMany(
    const rpc::Call& call, const profile::GetManyRequest& request) {
  profile::GetManyResponse response;
  const profile::GetManyRequest unknown = TakeKnown(request, response);
  if (unknown.user_ids().empty()) return response;
  const PartitionNews::Number asked_at = NewsSoFar();
  PARLEY_TRY(profile::GetManyResponse answer, inner_.GetMany(call, unknown));
  for (auto& [user_id, fields] : *answer.mutable_profiles()) {
    Keep(user_id, fields, asked_at);
    (*response.mutable_profiles())[user_id] = std::move(fields);
  }
  return response;
}

// Whatever came of a change, what was known before it does not count any more.
absl::StatusOr<profile::SetFieldResponse> ProfileCache::SetField(
    const rpc::Call& call, const profile::SetFieldRequest& request) {
  auto response = inner_.SetField(call, request);
  Forget(request.user_id());
  return response;
}

absl::StatusOr<profile::CreateProfileResponse> ProfileCache::CreateProfile(
    const rpc::Call& call, const profile::CreateProfileRequest& request) {
  auto response = inner_.CreateProfile(call, request);
  Forget(request.user_id());
  return response;
}

absl::StatusOr<profile::EraseProfileResponse> ProfileCache::EraseProfile(
    const rpc::Call& call, const profile::EraseProfileRequest& request) {
  auto response = inner_.EraseProfile(call, request);
  Forget(request.user_id());
  return response;
}

}  // namespace parley::gateway
