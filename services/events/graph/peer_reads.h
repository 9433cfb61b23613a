#pragma once

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/room_federation.pb.h"
#include "services/events/context.h"

// What other servers may read of our rooms: those that are in the room, and are not kept out by its
// m.room.server_acl. What the room's history visibility hides from all users of the server goes out
// redacted. Each is one snapshot, and bounded. Server-server API, "Backfilling and retrieving
// missing events", "Retrieving events", "Retrieving event authorization information". M_FORBIDDEN,
// M_NOT_FOUND.
namespace parley::events {

absl::StatusOr<v1::FederationJson> ReadPdu(const Context& context, const rpc::Call& call,
                                           const v1::GetPduRequest& request);
absl::StatusOr<v1::FederationJson> ReadPeerState(const Context& context,
                                                 const v1::GetFederationStateRequest& request);
absl::StatusOr<v1::FederationJson> ReadEventAuth(const Context& context,
                                                 const v1::GetEventAuthRequest& request);
absl::StatusOr<v1::FederationJson> ReadBackfill(const Context& context,
                                                const v1::BackfillRequest& request);
absl::StatusOr<v1::FederationJson> ReadMissingEvents(const Context& context,
                                                     const v1::GetMissingEventsRequest& request);
absl::StatusOr<v1::FederationJson> ReadPduByTime(const Context& context,
                                                 const v1::TimestampToPduRequest& request);

}  // namespace parley::events
