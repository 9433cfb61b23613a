#include "services/gateway/sync/presence_reporter.h"

#include <absl/time/clock.h>

#include "parley/presence/v1/presence.parley.h"

namespace parley::gateway {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);
constexpr absl::Duration kRepeat = absl::Seconds(10);
// A device that parks a sync is seen at its start only: syncs last 30 s as a rule.
constexpr absl::Duration kGone = absl::Seconds(45);

}  // namespace

PresenceReporter::PresenceReporter(presence::PresenceService& presence, std::string gateway_name)
    : presence_(presence), gateway_name_(std::move(gateway_name)), thread_([this] { Run(); }) {}

PresenceReporter::~PresenceReporter() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  thread_.join();
}

void PresenceReporter::Seen(const common::v1::Requester& requester,
                            const std::string& set_presence) {
  absl::MutexLock lock(&mutex_);
  Device& device = devices_[{requester.user_id(), requester.device_id()}];
  device.seen = absl::Now();
  if (device.set_presence == set_presence) return;
  device.set_presence = set_presence;
  device.reported = absl::InfinitePast();
  urgent_ = true;
}

presence::v1::ReportSessionsRequest PresenceReporter::TakeDue(absl::Time now) {
  presence::v1::ReportSessionsRequest request;
  request.set_gateway(gateway_name_);
  for (auto it = devices_.begin(); it != devices_.end();) {
    auto& [key, device] = *it;
    const bool gone = now - device.seen > kGone;
    if (gone || now - device.reported > kRepeat) {
      auto* session = request.add_sessions();
      session->set_user_id(key.first);
      session->set_device_id(key.second);
      session->set_set_presence(device.set_presence);
      session->set_ended(gone);
      device.reported = now;
    }
    if (gone) {
      devices_.erase(it++);
    } else {
      ++it;
    }
  }
  return request;
}

void PresenceReporter::Run() {
  absl::MutexLock lock(&mutex_);
  while (!ending_) {
    const auto wanted = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return ending_ || urgent_; };
    mutex_.AwaitWithTimeout(absl::Condition(&wanted), kTick);
    urgent_ = false;
    const absl::Time now = absl::Now();
    const auto request = TakeDue(now);
    if (request.sessions_size() == 0) continue;
    mutex_.Unlock();
    const auto done = presence_.ReportSessions({.deadline = now + absl::Seconds(5), .request_id = "sessions"}, request);
    mutex_.Lock();
    if (!done.ok()) {
      for (const auto& session : request.sessions()) {
        const auto found = devices_.find({session.user_id(), session.device_id()});
        if (found != devices_.end()) found->second.reported = absl::InfinitePast();
      }
    }
  }
}

}  // namespace parley::gateway
