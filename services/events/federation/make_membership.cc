#include "services/events/federation/make_membership.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/event/event_types.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/federation/resident_join.h"
#include "services/events/federation/server_acl.h"
#include "services/events/room_write.h"

namespace parley::events {
namespace {

absl::Status CheckVersions(const v1::MakeMembershipRequest& request, const Room& room) {
  if (request.membership() == "leave") return absl::OkStatus();
  const auto& versions = request.versions();
  const bool is_first = versions.empty() && room.version->id == "1";
  if (is_first || std::find(versions.begin(), versions.end(), room.version->id) != versions.end()) {
    return absl::OkStatus();
  }
  return ToStatus({400, "M_INCOMPATIBLE_ROOM_VERSION",
                   "Your homeserver does not support the version of this room",
                   StrCat("\"room_version\":\"", room.version->id, "\"")});
}

absl::Status CheckRequest(const v1::MakeMembershipRequest& request) {
  PARLEY_TRY(const UserId user, UserId::Parse(request.user_id()));
  if (user.server_name() != request.origin()) return Forbidden("The user is not of your server");
  const std::string& membership = request.membership();
  if (membership == "join" || membership == "leave" || membership == "knock") {
    return absl::OkStatus();
  }
  return InvalidParam("No such template");
}

// The event without what only its sender can add.
absl::StatusOr<std::string> TemplateOf(const event::VerifiedPdu& drawn) {
  PARLEY_TRY(json::Object event, json::ParseObject(drawn->bytes));
  for (const std::string_view key : {"event_id", "hashes", "signatures"}) event.Erase(key);
  return json::Serialize(event);
}

}  // namespace

absl::StatusOr<v1::MakeMembershipResponse> MakeMembershipTemplate(
    const Context& context, const v1::MakeMembershipRequest& request) {
  PARLEY_RETURN_IF_ERROR(CheckRequest(request));
  PARLEY_TRY(const RoomPtr room, OpenSharedRoom(context, request.room_id(), request.origin()));
  PARLEY_RETURN_IF_ERROR(CheckVersions(request, *room));
  Draft draft{UserId::Trusted(request.user_id()),
              std::string(event::kMember),
              request.user_id(),
              {{"membership", request.membership()}}};
  PARLEY_TRY(const bool needs_authoriser,
             NeedsAuthoriser(context, *room, request.user_id(), request.membership()));
  PARLEY_TRY(const auto write, RoomWrite::Open(context, request.room_id()));
  if (needs_authoriser) {
    PARLEY_TRY(std::string authoriser, RequireAuthoriser(context, *write));
    draft.content.Set("join_authorised_via_users_server", std::move(authoriser));
  }
  PARLEY_TRY(const event::VerifiedPdu drawn, write->Draw(draft));
  PARLEY_TRY(const std::string event, TemplateOf(drawn));
  v1::MakeMembershipResponse response;
  response.set_room_version(std::string(room->version->id));
  json::Writer writer(*response.mutable_json());
  writer.BeginObject().Key("event").Raw(event).Key("room_version").String(room->version->id);
  writer.EndObject();
  return response;
}

}  // namespace parley::events
