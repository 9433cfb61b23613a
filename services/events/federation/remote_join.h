#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "common/rpc/call.h"
#include "services/events/context.h"
#include "services/events/txn_log.h"

namespace parley::events {

// What a local user wants of a room that this server is not in, or can't let them into.
struct RemoteChange {
  std::string room_id;
  UserId user;
  json::Object content;              // of the membership event
  std::vector<std::string> servers;  // to ask first
};

// Joins through another server: the first of the given ones, of whoever invited, and of those we
// knew in the room, that lets the user in. The room is usable when this returns.
absl::StatusOr<Sent> JoinRemotely(const Context& context, const rpc::Call& call,
                                  const RemoteChange& change);

// The same in a room that this server is in, when nobody here may let the user in (restricted
// rooms).
absl::StatusOr<Sent> JoinThroughOthers(const Context& context, const rpc::Call& call,
                                       const RemoteChange& change);

// Knocks through another server.
absl::StatusOr<Sent> KnockRemotely(const Context& context, const rpc::Call& call,
                                   const RemoteChange& change);

// Turns an invite down, or takes a knock back. When no server can be told the user is rid of it all
// the same.
absl::StatusOr<Sent> LeaveRemotely(const Context& context, const rpc::Call& call,
                                   const RemoteChange& change);

}  // namespace parley::events
