#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "parley/events/v1/events.parley.h"
#include "services/gateway/deps.h"
#include "services/gateway/endpoint.h"

// What the routes that write into rooms share.
namespace parley::gateway {

// The room that a path segment names, by its id or one of its aliases, and servers through which it may be found: those that
// the request names (`via`, and its old name `server_name`), then the alias's. M_NOT_FOUND for an alias that leads nowhere.
struct NamedRoom {
  std::string room_id;
  std::vector<std::string> servers;
};
absl::StatusOr<NamedRoom> ResolveRoom(const Deps& deps, RequestContext& context, const std::string& id_or_alias);

// The profile of one user, for a membership event (S61). Nobody's is empty.
absl::StatusOr<common::v1::ProfileFields> ProfileOf(const Deps& deps, const rpc::Call& call, const std::string& user_id);

// A message with the requester in its place.
template <class Request>
Request RequestBy(const RequestContext& context) {
  Request request;
  *request.mutable_requester() = context.requester().ToProto();
  return request;
}

// 200 {"event_id": …}.
HttpAnswer EventIdAnswer(const std::string& event_id);

}  // namespace parley::gateway
