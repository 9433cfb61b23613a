#include "services/profile/propagator.h"

#include <algorithm>
#include <iterator>

#include <absl/synchronization/blocking_counter.h>
#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::profile {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(30);

rpc::Call NewCall(const std::string& user_id, const Names::Name& name) {
  rpc::Call call;
  call.deadline = absl::Now() + kCallTimeout;
  call.request_id = StrCat("profile/", user_id, "/", name.generation);
  return call;
}

void Fill(const Names::Name& name, common::v1::ProfileFields& fields) {
  if (name.displayname) fields.set_displayname(*name.displayname);
  if (name.avatar_url) fields.set_avatar_url(*name.avatar_url);
}

// The user is not in this room any more, or may not write to it: nothing to do there.
bool IsFinal(const absl::Status& status) {
  const int http_status = FromStatus(status).http_status;
  return http_status == 403 || http_status == 404;
}

}  // namespace

Propagator::Propagator(const Config& config, Deps deps)
    : config_(config), deps_(std::move(deps)), rooms_({.name = "profile", .threads = config.room_threads}) {
  for (const std::string& user_id : deps_.names.Pending()) Add(user_id);
  thread_ = std::thread([this] { Run(); });
}

Propagator::~Propagator() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void Propagator::Add(const std::string& user_id) {
  absl::MutexLock lock(&mutex_);
  queue_.insert({absl::InfinitePast(), user_id});
}

bool Propagator::HasWorkOrEnds() const {
  return stopping_ || (!queue_.empty() && queue_.begin()->first <= absl::Now());
}

void Propagator::Run() {
  while (true) {
    std::string user_id;
    {
      absl::MutexLock lock(&mutex_);
      const absl::Time due = queue_.empty() ? absl::InfiniteFuture() : queue_.begin()->first;
      mutex_.AwaitWithDeadline(absl::Condition(this, &Propagator::HasWorkOrEnds), due);
      if (stopping_) return;
      if (queue_.empty() || queue_.begin()->first > absl::Now()) continue;
      user_id = queue_.begin()->second;
      std::erase_if(queue_, [&user_id](const Due& entry) { return entry.second == user_id; });
    }
    Try(user_id);
  }
}

void Propagator::Try(const std::string& user_id) {
  const auto name = deps_.names.Find(user_id);
  if (!name || !name->pending()) return;
  const absl::Status status = Propagate(user_id, *name);
  absl::MutexLock lock(&mutex_);
  if (status.ok()) {
    backoff_.erase(user_id);
    return;
  }
  log::Warning("a profile change waits", {{"user", user_id}, {"status", status.ToString()}});
  deps_.metrics.retries.Add();
  absl::Duration& wait = backoff_.try_emplace(user_id, config_.retry_after).first->second;
  queue_.insert({absl::Now() + wait, user_id});
  wait = std::min(wait * 2, config_.max_retry_after);
}

// A room that the user joins meanwhile may have been given the old name, so rooms are listed until none is new. OK also when
// a newer generation has come: that has a job of its own.
absl::Status Propagator::Propagate(const std::string& user_id, const Names::Name& name) {
  PARLEY_RETURN_IF_ERROR(Announce(user_id, name));
  std::set<std::string> done;
  while (IsCurrent(user_id, name)) {
    PARLEY_TRY(const std::set<std::string> joined, JoinedRooms(user_id));
    std::vector<std::string> fresh;
    std::set_difference(joined.begin(), joined.end(), done.begin(), done.end(), std::back_inserter(fresh));
    if (fresh.empty()) return deps_.done(user_id, name.generation);
    PARLEY_RETURN_IF_ERROR(UpdateRooms(user_id, name, fresh));
    done.insert(fresh.begin(), fresh.end());
  }
  return absl::OkStatus();
}

bool Propagator::IsCurrent(const std::string& user_id, const Names::Name& name) const {
  const auto latest = deps_.names.Find(user_id);
  return latest && latest->generation == name.generation;
}

absl::Status Propagator::Announce(const std::string& user_id, const Names::Name& name) {
  presence::AnnounceProfileRequest request;
  request.set_user_id(user_id);
  Fill(name, *request.mutable_profile());
  return deps_.presence.AnnounceProfile(NewCall(user_id, name), request).status();
}

absl::StatusOr<std::set<std::string>> Propagator::JoinedRooms(const std::string& user_id) {
  accounts::ListMembershipsRequest request;
  request.set_user_id(user_id);
  request.add_memberships("join");
  PARLEY_TRY(const accounts::ListMembershipsResponse response,
             deps_.accounts.ListMemberships(NewCall(user_id, {}), request));
  std::set<std::string> rooms;
  for (const accounts::Membership& membership : response.memberships()) rooms.insert(membership.room_id());
  return rooms;
}

absl::Status Propagator::UpdateRooms(const std::string& user_id, const Names::Name& name,
                                     const std::vector<std::string>& rooms) {
  std::vector<absl::Status> results(rooms.size());
  absl::BlockingCounter left(static_cast<int>(rooms.size()));
  for (size_t i = 0; i < rooms.size(); ++i) {
    const bool posted = rooms_.TryPost([&, i] {
      results[i] = UpdateRoom(user_id, name, rooms[i]);
      left.DecrementCount();
    });
    if (posted) continue;
    results[i] = UpdateRoom(user_id, name, rooms[i]);
    left.DecrementCount();
  }
  left.Wait();
  const auto failed = std::find_if(results.begin(), results.end(), [](const absl::Status& s) { return !s.ok(); });
  return failed == results.end() ? absl::OkStatus() : *failed;
}

absl::Status Propagator::UpdateRoom(const std::string& user_id, const Names::Name& name, const std::string& room_id) {
  if (!IsCurrent(user_id, name)) return absl::OkStatus();
  events::ChangeMembershipRequest request;
  request.mutable_requester()->set_user_id(user_id);
  request.set_room_id(room_id);
  request.set_target_user_id(user_id);
  request.set_action(events::MEMBERSHIP_ACTION_UPDATE_PROFILE);
  request.set_txn_id(StrCat(user_id, "/", name.generation));
  Fill(name, *request.mutable_profile());
  const absl::Status status = deps_.events.ChangeMembership(NewCall(user_id, name), request).status();
  if (!status.ok() && !IsFinal(status)) return status;
  deps_.metrics.rooms.Add();
  return absl::OkStatus();
}

}  // namespace parley::profile
