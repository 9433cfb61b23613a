#include "services/gateway/activity.h"

#include <absl/time/clock.h>

namespace parley::gateway {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(5);

}  // namespace

void ActivityGathering::Acted(const std::string& user_id) {
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  auto found = users_.find(user_id);
  if (found == users_.end()) {
    if (users_.size() >= kMaxUsers) return;
    found = users_.try_emplace(user_id).first;
  }
  found->second.acted = now;
  found->second.waits = true;
}

// Those not told of within `repeat`; who has not acted since is forgotten.
presence::RecordActivityRequest ActivityGathering::Take(absl::Duration repeat) {
  presence::RecordActivityRequest request;
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  absl::erase_if(users_, [&](auto& entry) {
    auto& [user_id, user] = entry;
    if (now - user.told < repeat) return false;
    if (!user.waits) return now - user.told >= kRepeat;
    auto& activity = *request.add_activities();
    activity.set_user_id(user_id);
    activity.set_ago_ms(absl::ToInt64Milliseconds(now - user.acted));
    user.told = now;
    user.waits = false;
    return false;
  });
  return request;
}

void ActivityGathering::Tell(const rpc::Call& call,
                             const presence::RecordActivityRequest& request) {
  if (request.activities().empty()) return;
  inner_.RecordActivity(call, request).IgnoreError();
}

void ActivityGathering::Tick() {
  Tell({.deadline = absl::Now() + kTimeout, .request_id = "activity"}, Take(kRepeat));
}

absl::StatusOr<presence::RecordActivityResponse> ActivityGathering::RecordActivity(
    const rpc::Call&, const presence::RecordActivityRequest& request) {
  for (const auto& activity : request.activities()) Acted(activity.user_id());
  return presence::RecordActivityResponse();
}

absl::StatusOr<presence::GetPresenceResponse> ActivityGathering::GetPresence(
    const rpc::Call& call, const presence::GetPresenceRequest& request) {
  Tell(call, Take(absl::ZeroDuration()));
  return inner_.GetPresence(call, request);
}

}  // namespace parley::gateway
