#include "services/gateway/own_writes.h"

namespace parley::gateway {

absl::StatusOr<events::SendResponse> OwnWrites::Send(const rpc::Call& call, const events::SendRequest& request) {
  auto response = EventsPassing::Send(call, request);
  if (response.ok()) note_(request.room_id(), response->position());
  return response;
}

absl::StatusOr<events::ChangeMembershipResponse> OwnWrites::ChangeMembership(
    const rpc::Call& call, const events::ChangeMembershipRequest& request) {
  auto response = EventsPassing::ChangeMembership(call, request);
  if (response.ok()) note_(request.room_id(), response->position());
  return response;
}

}  // namespace parley::gateway
