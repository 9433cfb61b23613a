#pragma once

#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/context.h"
#include "services/events/rows.h"
#include "services/events/txn_log.h"

// Invites to, knocks at and rejections of rooms that this server is not in. Of such a room we have
// nothing but what these rows say.
namespace parley::events {

// Whether this server has joined users in the room: whether what the store says of it is still so.
bool IsResident(const Context& context, std::string_view room_id);

absl::StatusOr<std::optional<RemoteMembershipRow>> RemoteMembershipOf(const Context& context,
                                                                      const std::string& room_id,
                                                                      const std::string& user_id);

// Commits the row at a position of its own (row.pos is set here), wakes the user's readers and
// tells `accounts`.
absl::StatusOr<Sent> RecordRemoteMembership(const Context& context, const rpc::Call& call,
                                            RemoteMembershipRow row);

// The stripped events of a list that another server gave, as a JSON array; what is no state event
// is left out. At most 100.
std::string StrippedArray(const json::Array& events);

// What /sync shows of the row: invite_state, knock_state, or the leave.
absl::Status FillRemoteUpdate(const RemoteMembershipRow& row, v1::RoomUpdate& update);

}  // namespace parley::events
