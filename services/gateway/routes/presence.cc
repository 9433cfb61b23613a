#include <string>
#include <vector>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/common/v1/common.pb.h"
#include "parley/presence/v1/presence.parley.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/rooms_of_user.h"

namespace parley::gateway {
namespace {

// Presence is for those who share a room. M_FORBIDDEN otherwise.
absl::Status CheckMaySee(const Deps& deps, RequestContext& context, const UserId& user) {
  const UserId& viewer = context.requester().user;
  if (user == viewer) return absl::OkStatus();
  PARLEY_TRY(const auto shared, SharedRooms(deps, context.call(), user, viewer));
  return shared.empty() ? Forbidden("You share no room with this user") : absl::OkStatus();
}

// Who comes by the old prefix, or says so, knows free_for_chat and hidden.
absl::StatusOr<bool> KnowsAllStates(const RequestContext& context) {
  if (context.request().path.starts_with("/_matrix/client/api/v1/")) return true;
  return context.QueryBool("dev.parley.all_states", false);
}

// GET /_matrix/client/v3/presence/{userId}/status
absl::StatusOr<HttpAnswer> GetPresence(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const UserId user, context.UserParam("userId"));
  PARLEY_RETURN_IF_ERROR(CheckMaySee(deps, context, user));
  presence::GetPresenceRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  request.set_user_id(user.str());
  PARLEY_TRY(const bool all_states, KnowsAllStates(context));
  request.set_all_states(all_states);
  PARLEY_TRY(presence::GetPresenceResponse response, deps.presence.GetPresence(context.call(), request));
  return JsonAnswer(std::move(*response.mutable_json()));
}

// PUT /_matrix/client/v3/presence/{userId}/status
absl::StatusOr<HttpAnswer> SetPresence(const Deps& deps, RequestContext& context) {
  PARLEY_RETURN_IF_ERROR(context.OwnUserParam("userId").status());
  PARLEY_TRY(const json::Object* body, context.Body());
  presence::SetPresenceRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  PARLEY_TRY(*request.mutable_presence(), RequiredString(*body, "presence"));
  PARLEY_TRY(std::optional<std::string> status_msg, OptionalString(*body, "status_msg"));
  if (status_msg) request.set_status_msg(*std::move(status_msg));
  PARLEY_RETURN_IF_ERROR(deps.presence.SetPresence(context.call(), request).status());
  return EmptyAnswer();
}

}  // namespace

void AddPresenceRoutes(Router& router, const Deps& deps) {
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/presence/{userId}/status",
              .handler = [deps](RequestContext& context) { return GetPresence(deps, context); }});
  router.Add({.method = "PUT",
              .path = "/_matrix/client/v3/presence/{userId}/status",
              .limit = Limit::kWrite,
              .handler = [deps](RequestContext& context) { return SetPresence(deps, context); }});
}

}  // namespace parley::gateway
