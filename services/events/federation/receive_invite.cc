#include "services/events/federation/receive_invite.h"

#include "common/base/strings.h"
#include "common/event/event_builder.h"
#include "common/event/event_types.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/events/federation/key_cache.h"
#include "services/events/federation/remote_membership.h"
#include "services/events/federation/server_acl.h"

namespace parley::events {
namespace {

constexpr int kMaxStateEvents = 200;

absl::StatusOr<const event::RoomVersion*> VersionOf(const v1::ReceiveInviteRequest& request) {
  const std::string id = request.room_version().empty() ? "1" : request.room_version();
  const event::RoomVersion* version = event::FindRoomVersion(id);
  if (version != nullptr) return version;
  return ToStatus({400, "M_INCOMPATIBLE_ROOM_VERSION",
                   "This server does not know the version of the room",
                   StrCat("\"room_version\":", json::Quoted(id))});
}

absl::Status CheckClaims(const event::Pdu& pdu, const v1::ReceiveInviteRequest& request,
                         std::string_view own_name) {
  if (pdu.event_id.str() != request.event_id()) return InvalidParam("The event has another id");
  if (pdu.room_id.str() != request.room_id()) return InvalidParam("The event is of another room");
  if (pdu.type != event::kMember || !pdu.IsState()) return InvalidParam("This is no m.room.member");
  if (event::MembershipText(pdu) != "invite") return InvalidParam("This is no invite");
  if (pdu.sender.server_name() != request.origin()) {
    return InvalidParam("The sender is not of your server");
  }
  const auto invited = UserId::Parse(*pdu.state_key);
  if (!invited.ok() || invited->server_name() != own_name) {
    return InvalidParam("The invited user is not of this server");
  }
  return absl::OkStatus();
}

bool IsStripped(const json::Object& event) {
  return json::FindString(event, "type") != nullptr &&
         json::FindString(event, "state_key") != nullptr &&
         json::FindObject(event, "content") != nullptr &&
         UserId::Parse(json::StringOr(event, "sender", "")).ok();
}

// Older servers give stripped state instead of events.
absl::Status CheckStrippedState(const v1::ReceiveInviteRequest& request) {
  for (const std::string& given : request.invite_room_state()) {
    const auto event = json::ParseObject(given);
    if (!event.ok() || !IsStripped(*event)) {
      return InvalidParam("invite_room_state holds what is no state of a room");
    }
  }
  return absl::OkStatus();
}

// From the version on whose rooms are named by their create event, it must come along, and name
// this one.
absl::Status CheckState(const v1::ReceiveInviteRequest& request,
                        const event::RoomVersion& version) {
  if (request.invite_room_state_size() > kMaxStateEvents) return InvalidParam("Too much state");
  if (!version.room_id_is_create_hash) return CheckStrippedState(request);
  bool has_create = false;
  for (const std::string& given : request.invite_room_state()) {
    const auto pdu = event::ParsePdu(given, version);
    if (!pdu.ok()) return InvalidParam("invite_room_state holds what is no event of the room");
    if (pdu->peek().room_id.str() != request.room_id()) {
      return InvalidParam("invite_room_state holds an event of another room");
    }
    has_create |= pdu->peek().IsState(event::kCreate, "");
  }
  return has_create ? absl::OkStatus() : InvalidParam("The create event is missing");
}

absl::Status CheckUserExists(const Context& context, const rpc::Call& call,
                             const std::string& user) {
  accounts::GetUserRequest request;
  request.set_user_id(user);
  const auto found = context.accounts.GetUser(call, request);
  return HasErrcode(found.status(), "M_NOT_FOUND") ? found.status() : absl::OkStatus();
}

std::string StateArray(const v1::ReceiveInviteRequest& request) {
  json::Array events;
  for (const std::string& given : request.invite_room_state()) {
    auto event = json::Parse(given);
    if (event.ok()) events.push_back(*std::move(event));
  }
  return StrippedArray(events);
}

absl::Status Keep(const Context& context, const rpc::Call& call, const event::VerifiedPdu& invite,
                  const v1::ReceiveInviteRequest& request) {
  PARLEY_TRY(const auto known, RemoteMembershipOf(context, request.room_id(), *invite->state_key));
  if (known && known->event_id == request.event_id()) return absl::OkStatus();
  RemoteMembershipRow row{.room_id = request.room_id(),
                          .user_id = *invite->state_key,
                          .membership = "invite",
                          .version = std::string(invite->version->id),
                          .server = request.origin(),
                          .event_id = request.event_id(),
                          .sender = invite->sender.str(),
                          .pdu = invite->bytes,
                          .state = StateArray(request)};
  return RecordRemoteMembership(context, call, std::move(row)).status();
}

// In a room that this server is in, the invite comes once more as any event does.
absl::Status CheckOurRoom(const Context& context, const v1::ReceiveInviteRequest& request,
                          const std::string& user) {
  PARLEY_TRY(const RoomPtr room, context.rooms.Get(request.room_id()));
  PARLEY_RETURN_IF_ERROR(CheckServerAcl(context, *room, request.origin()));
  return room->state.IsJoined(user) ? Forbidden("The user is in the room already")
                                    : absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ReceiveInviteResponse> AcceptInvite(const Context& context,
                                                       const rpc::Call& call,
                                                       const v1::ReceiveInviteRequest& request) {
  PARLEY_TRY(const event::RoomVersion* const version, VersionOf(request));
  PARLEY_TRY(event::UnverifiedPdu received, event::ParsePdu(request.event(), *version));
  PARLEY_RETURN_IF_ERROR(CheckClaims(received.peek(), request, context.config.server_name));
  PARLEY_RETURN_IF_ERROR(CheckState(request, *version));
  auto verified = Verify(call, context.keys, std::move(received));
  if (!verified.ok()) return InvalidParam(Std(verified.status().message()));
  if (verified->redacted()) return InvalidParam("The event's content hash is wrong");
  PARLEY_RETURN_IF_ERROR(CheckUserExists(context, call, *(*verified)->state_key));
  const bool is_resident = IsResident(context, request.room_id());
  if (is_resident) {
    PARLEY_RETURN_IF_ERROR(CheckOurRoom(context, request, *(*verified)->state_key));
  }
  PARLEY_TRY(const event::VerifiedPdu invite,
             event::SignPdu(*verified, context.config.server_name, context.signing_key));
  if (!is_resident) PARLEY_RETURN_IF_ERROR(Keep(context, call, invite, request));
  v1::ReceiveInviteResponse response;
  response.set_event(invite->bytes);
  return response;
}

}  // namespace parley::events
