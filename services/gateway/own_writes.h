#pragma once

#include <functional>
#include <string>
#include <utility>

#include <absl/status/statusor.h>

#include "parley/events/v1/events.parley.h"

namespace parley::gateway {

// `events` as this gateway's routes see it: what is sent through it is noted when it is acknowledged, so that a sync on this
// gateway shows it at once, whatever becomes of its wake. All calls are passed on.
//
// Threads: safe from any. Lifetime: borrows the service.
class OwnWrites final : public events::EventsPassing {
 public:
  // Quick; called before the caller hears of the write.
  using Note = std::function<void(const std::string& room_id, int64_t position)>;

  OwnWrites(events::EventsService& events, Note note) : EventsPassing(events), note_(std::move(note)) {}

  absl::StatusOr<events::SendResponse> Send(const rpc::Call& call, const events::SendRequest& request) override;
  absl::StatusOr<events::ChangeMembershipResponse> ChangeMembership(
      const rpc::Call& call, const events::ChangeMembershipRequest& request) override;

 private:
  const Note note_;
};

}  // namespace parley::gateway
