#pragma once

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "common/rpc/call.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/context.h"

namespace parley::events {

// The RPC of the same name: join (restricted ones included), invite, knock, leave, kick, ban, unban, and the rewriting of a
// member's profile.
absl::StatusOr<v1::ChangeMembershipResponse> ChangeRoomMembership(const Context& context, const rpc::Call& call,
                                                                  const v1::ChangeMembershipRequest& request);

// An m.room.member that a client wrote itself, as state: what it left out of the profile is filled in, and a name of its own
// is remembered as one for this room only.
absl::StatusOr<v1::SendResponse> SendMembership(const Context& context, const rpc::Call& call,
                                                const v1::SendRequest& request, json::Object content);

// Puts the fields of `profile` into the content of a member event.
void SetProfile(const common::v1::ProfileFields& profile, json::Object& content);

}  // namespace parley::events
