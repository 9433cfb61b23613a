#include "services/gateway/sync/presence_reporter.h"

#include <absl/time/clock.h>

#include "parley/presence/v1/presence.parley.h"

namespace parley::gateway {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);
constexpr absl::Duration kRepeat = absl::Seconds(10);
// Between one sync and the next.
constexpr absl::Duration kComesBack = absl::Seconds(2);
// Who went is remembered for a `presence` that has to be told again.
constexpr absl::Duration kForgotten = absl::Minutes(1);

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

std::shared_ptr<void> PresenceReporter::Open(const common::v1::Requester& requester,
                                             const std::string& set_presence) {
  const Key key{requester.user_id(), requester.device_id()};
  {
    absl::MutexLock lock(&mutex_);
    Device& device = devices_[key];
    ++device.open;
    if (device.end_reported || device.set_presence != set_presence) {
      device.set_presence = set_presence;
      ReportAgain(device);
    }
  }
  return {nullptr, [this, key](std::nullptr_t) { Close(key); }};
}

void PresenceReporter::Close(const Key& key) {
  absl::MutexLock lock(&mutex_);
  Device& device = devices_[key];
  --device.open;
  device.closed = absl::Now();
}

void PresenceReporter::ReportAgain(Device& device) {
  device.reported = absl::InfinitePast();
  device.end_reported = false;
  urgent_ = true;
}

void PresenceReporter::RepeatAll() {
  absl::MutexLock lock(&mutex_);
  for (auto& [key, device] : devices_) ReportAgain(device);
}

presence::v1::ReportSessionsRequest PresenceReporter::TakeDue(absl::Time now) {
  presence::v1::ReportSessionsRequest request;
  request.set_gateway(gateway_name_);
  for (auto it = devices_.begin(); it != devices_.end();) {
    auto& [key, device] = *it;
    const bool gone = device.open == 0 && now - device.closed > kComesBack;
    if (gone ? !device.end_reported : now - device.reported > kRepeat) {
      auto* session = request.add_sessions();
      session->set_user_id(key.first);
      session->set_device_id(key.second);
      session->set_set_presence(device.set_presence);
      session->set_ended(gone);
      device.reported = now;
      device.end_reported = gone;
    } else if (gone && now - device.closed > kForgotten) {
      devices_.erase(it++);
      continue;
    }
    ++it;
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
        if (found == devices_.end()) continue;
        found->second.reported = absl::InfinitePast();
        found->second.end_reported = false;
      }
    }
  }
}

}  // namespace parley::gateway
