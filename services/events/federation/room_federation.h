#pragma once

#include "parley/events/v1/room_federation.parley.h"
#include "services/events/context.h"

namespace parley::events {

// The contract of rooms as other servers see them, each call handed to the file that does it.
// Threads: any; calls block. Lifetime: borrows the context.
class RoomFederation final : public RoomFederationFake {
 public:
  explicit RoomFederation(const Context& context) : context_(context) {}

  absl::StatusOr<v1::MakeMembershipResponse> MakeMembership(
      const rpc::Call& call, const v1::MakeMembershipRequest& request) override;
  absl::StatusOr<v1::FederationJson> SendMembership(
      const rpc::Call& call, const v1::SendMembershipRequest& request) override;

 private:
  const Context& context_;
};

}  // namespace parley::events
