#pragma once

#include "parley/events/v1/room_federation.parley.h"
#include "services/events/context.h"

namespace parley::events {

class Graph;
class TypingTable;

// The contract of rooms as other servers see them, each call handed to the file that does it.
// Threads: any; calls block. Lifetime: borrows the context.
class RoomFederation final : public RoomFederationService {
 public:
  RoomFederation(const Context& context, Graph& graph, TypingTable& typing)
      : context_(context), graph_(graph), typing_(typing) {}

  absl::StatusOr<v1::ReceivePdusResponse> ReceivePdus(
      const rpc::Call& call, const v1::ReceivePdusRequest& request) override;
  absl::StatusOr<v1::ReceiveRoomEduResponse> ReceiveRoomEdu(
      const rpc::Call& call, const v1::ReceiveRoomEduRequest& request) override;
  absl::StatusOr<v1::MakeMembershipResponse> MakeMembership(
      const rpc::Call& call, const v1::MakeMembershipRequest& request) override;
  absl::StatusOr<v1::FederationJson> SendMembership(
      const rpc::Call& call, const v1::SendMembershipRequest& request) override;
  absl::StatusOr<v1::ReceiveInviteResponse> ReceiveInvite(
      const rpc::Call& call, const v1::ReceiveInviteRequest& request) override;

  absl::StatusOr<v1::ListOutboundResponse> ListOutbound(
      const rpc::Call& call, const v1::ListOutboundRequest& request) override;
  absl::StatusOr<v1::ReadOutboundResponse> ReadOutbound(
      const rpc::Call& call, const v1::ReadOutboundRequest& request) override;
  absl::StatusOr<v1::ListRoomServersResponse> ListRoomServers(
      const rpc::Call& call, const v1::ListRoomServersRequest& request) override;
  absl::StatusOr<v1::ListRoomsOfRemoteUserResponse> ListRoomsOfRemoteUser(
      const rpc::Call& call, const v1::ListRoomsOfRemoteUserRequest& request) override;

  absl::StatusOr<v1::FederationJson> GetPdu(const rpc::Call& call,
                                            const v1::GetPduRequest& request) override;
  absl::StatusOr<v1::FederationJson> GetFederationState(
      const rpc::Call& call, const v1::GetFederationStateRequest& request) override;
  absl::StatusOr<v1::FederationJson> GetEventAuth(const rpc::Call& call,
                                                  const v1::GetEventAuthRequest& request) override;
  absl::StatusOr<v1::FederationJson> Backfill(const rpc::Call& call,
                                              const v1::BackfillRequest& request) override;
  absl::StatusOr<v1::FederationJson> GetMissingEvents(
      const rpc::Call& call, const v1::GetMissingEventsRequest& request) override;
  absl::StatusOr<v1::FederationJson> TimestampToPdu(
      const rpc::Call& call, const v1::TimestampToPduRequest& request) override;
  absl::StatusOr<v1::FederationJson> GetFederationHierarchy(
      const rpc::Call& call, const v1::GetFederationHierarchyRequest& request) override;

 private:
  const Context& context_;
  Graph& graph_;
  TypingTable& typing_;
};

}  // namespace parley::events
