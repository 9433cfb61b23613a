#include "services/events/federation/room_federation.h"

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/federation/hierarchy.h"
#include "services/events/federation/make_membership.h"
#include "services/events/federation/outbound.h"
#include "services/events/federation/outside_pdus.h"
#include "services/events/federation/receive_invite.h"
#include "services/events/federation/remote_membership.h"
#include "services/events/federation/room_edus.h"
#include "services/events/federation/room_joins.h"
#include "services/events/federation/send_membership.h"
#include "services/events/graph/graph.h"
#include "services/events/graph/peer_reads.h"

namespace parley::events {

absl::StatusOr<v1::ReceiveRoomEduResponse> RoomFederation::ReceiveRoomEdu(
    const rpc::Call&, const v1::ReceiveRoomEduRequest& request) {
  PARLEY_RETURN_IF_ERROR(TakeRoomEdu(context_, typing_, request));
  return v1::ReceiveRoomEduResponse();
}

absl::StatusOr<v1::MakeMembershipResponse> RoomFederation::MakeMembership(
    const rpc::Call&, const v1::MakeMembershipRequest& request) {
  return MakeMembershipTemplate(context_, request);
}

absl::StatusOr<v1::FederationJson> RoomFederation::SendMembership(
    const rpc::Call& call, const v1::SendMembershipRequest& request) {
  return AcceptMembership(context_, call, request);
}

absl::StatusOr<v1::ReceiveInviteResponse> RoomFederation::ReceiveInvite(
    const rpc::Call& call, const v1::ReceiveInviteRequest& request) {
  return AcceptInvite(context_, call, request);
}

absl::StatusOr<v1::ListOutboundResponse> RoomFederation::ListOutbound(
    const rpc::Call&, const v1::ListOutboundRequest& request) {
  return ListOutboundEvents(context_, request);
}

absl::StatusOr<v1::ReadOutboundResponse> RoomFederation::ReadOutbound(
    const rpc::Call&, const v1::ReadOutboundRequest& request) {
  return ReadOutboundPdus(context_, request);
}

absl::StatusOr<v1::ListRoomServersResponse> RoomFederation::ListRoomServers(
    const rpc::Call&, const v1::ListRoomServersRequest& request) {
  return ListServersOfRooms(context_, request);
}

absl::StatusOr<v1::ListRoomsOfRemoteUserResponse> RoomFederation::ListRoomsOfRemoteUser(
    const rpc::Call&, const v1::ListRoomsOfRemoteUserRequest& request) {
  PARLEY_TRY(const auto rooms, RoomsOfRemoteUser(context_, request.user_id()));
  v1::ListRoomsOfRemoteUserResponse response;
  response.mutable_room_ids()->Assign(rooms.begin(), rooms.end());
  return response;
}

absl::StatusOr<v1::ReceivePdusResponse> RoomFederation::ReceivePdus(
    const rpc::Call& call, const v1::ReceivePdusRequest& request) {
  auto response = graph_.ReceivePdus(call, request);
  if (!HasErrcode(response.status(), "M_NOT_FOUND")) return response;
  if (context_.room_joins.Hold(request)) return v1::ReceivePdusResponse();
  // A join may have ended meanwhile.
  if (IsResident(context_, request.room_id())) return graph_.ReceivePdus(call, request);
  return ReceiveOutside(context_, call, request);
}

absl::StatusOr<v1::FederationJson> RoomFederation::GetPdu(const rpc::Call& call,
                                                          const v1::GetPduRequest& request) {
  return ReadPdu(context_, call, request);
}

absl::StatusOr<v1::FederationJson> RoomFederation::GetFederationState(
    const rpc::Call&, const v1::GetFederationStateRequest& request) {
  return ReadPeerState(context_, request);
}

absl::StatusOr<v1::FederationJson> RoomFederation::GetEventAuth(
    const rpc::Call&, const v1::GetEventAuthRequest& request) {
  return ReadEventAuth(context_, request);
}

absl::StatusOr<v1::FederationJson> RoomFederation::Backfill(const rpc::Call&,
                                                            const v1::BackfillRequest& request) {
  return ReadBackfill(context_, request);
}

absl::StatusOr<v1::FederationJson> RoomFederation::GetMissingEvents(
    const rpc::Call&, const v1::GetMissingEventsRequest& request) {
  return ReadMissingEvents(context_, request);
}

absl::StatusOr<v1::FederationJson> RoomFederation::TimestampToPdu(
    const rpc::Call&, const v1::TimestampToPduRequest& request) {
  return ReadPduByTime(context_, request);
}

absl::StatusOr<v1::FederationJson> RoomFederation::GetFederationHierarchy(
    const rpc::Call&, const v1::GetFederationHierarchyRequest& request) {
  return ReadHierarchy(context_, request);
}

}  // namespace parley::events
