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
  presence_.RecordActivity(call, request).IgnoreError();
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
  return presence_.GetPresence(call, request);
}

absl::StatusOr<presence::SetPresenceResponse> ActivityGathering::SetPresence(
    const rpc::Call& call, const presence::SetPresenceRequest& request) {
  return presence_.SetPresence(call, request);
}

absl::StatusOr<presence::ReportSessionsResponse> ActivityGathering::ReportSessions(
    const rpc::Call& call, const presence::ReportSessionsRequest& request) {
  return presence_.ReportSessions(call, request);
}

absl::StatusOr<presence::AnnounceProfileResponse> ActivityGathering::AnnounceProfile(
    const rpc::Call& call, const presence::AnnounceProfileRequest& request) {
  return presence_.AnnounceProfile(call, request);
}

absl::StatusOr<presence::ReadSinceResponse> ActivityGathering::ReadSince(
    const rpc::Call& call, const presence::ReadSinceRequest& request) {
  return presence_.ReadSince(call, request);
}

absl::StatusOr<presence::ReceiveRemoteResponse> ActivityGathering::ReceiveRemote(
    const rpc::Call& call, const presence::ReceiveRemoteRequest& request) {
  return presence_.ReceiveRemote(call, request);
}

absl::StatusOr<common::v1::HeadsResponse> ActivityGathering::Heads(
    const rpc::Call& call, const common::v1::HeadsRequest& request) {
  return presence_.Heads(call, request);
}

}  // namespace parley::gateway
