#include "services/events/federation/room_federation.h"

#include "services/events/federation/make_membership.h"
#include "services/events/federation/send_membership.h"

namespace parley::events {

absl::StatusOr<v1::MakeMembershipResponse> RoomFederation::MakeMembership(
    const rpc::Call&, const v1::MakeMembershipRequest& request) {
  return MakeMembershipTemplate(context_, request);
}

absl::StatusOr<v1::FederationJson> RoomFederation::SendMembership(
    const rpc::Call& call, const v1::SendMembershipRequest& request) {
  return AcceptMembership(context_, call, request);
}

}  // namespace parley::events
