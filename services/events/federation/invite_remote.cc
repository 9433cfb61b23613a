#include "services/events/federation/invite_remote.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/federation/ask.h"
#include "services/events/federation/key_cache.h"
#include "services/events/federation/parallel.h"
#include "services/events/federation/pass_on.h"
#include "services/events/read/stripped_state.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr size_t kAtOnce = 16;

absl::StatusOr<event::VerifiedPdu> Draw(const Context& context, const std::string& room_id,
                                        const Draft& invite) {
  PARLEY_TRY(const auto write, RoomWrite::Open(context, room_id));
  const auto member = write->room().state.FindMember(*invite.state_key);
  if (member && member->membership == event::Membership::kJoin) {
    return Forbidden("The user is in the room already");
  }
  return write->Draw(invite);
}

absl::StatusOr<std::string> StateJson(const Context& context, const event::Pdu& invite) {
  std::string json;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    const Partition p = context.rooms.PartitionOf(invite.room_id.str());
    PARLEY_TRY(const std::optional<RoomRow> room, FindRoom(db, p, invite.room_id.str()));
    if (!room) return NotFound("There is no such room");
    PARLEY_TRY(const auto pdus, IdentifyingPdus(db, *room, {invite.sender.str()}));
    json::Writer writer(json);
    writer.BeginArray();
    for (const std::string& pdu : pdus) writer.Raw(pdu);
    writer.EndArray();
    return absl::OkStatus();
  }));
  return json;
}

Question QuestionV2(const event::Pdu& invite, std::string_view state) {
  Question question{.method = "PUT",
                    .path = PathOf("/_matrix/federation/v2/invite",
                                   {invite.room_id.str(), invite.event_id.str()})};
  json::Writer writer(question.body);
  writer.BeginObject().Key("event").Raw(invite.bytes).Key("invite_room_state").Raw(state);
  writer.Key("room_version").String(invite.version->id).EndObject();
  return question;
}

Question QuestionV1(const event::Pdu& invite, std::string_view state) {
  return {.method = "PUT",
          .path = PathOf("/_matrix/federation/v1/invite",
                         {invite.room_id.str(), invite.event_id.str()}),
          .body = json::WithMember(invite.bytes, "unsigned",
                                   StrCat("{\"invite_room_state\":", state, "}"))};
}

// Old servers have v1 only, and know the oldest room versions only.
bool MayTryV1(const event::Pdu& invite, const absl::Status& status) {
  const int http_status = FromStatus(status).http_status;
  const bool is_old = invite.version->id == "1" || invite.version->id == "2";
  return IsUnknownEndpoint(status) || (is_old && (http_status == 400 || http_status == 404));
}

absl::StatusOr<json::Object> EventIn(std::string_view body) {
  PARLEY_TRY(json::Value answer, json::Parse(body));
  const json::Array* pair = answer.AsArray();
  const json::Value& inner = pair != nullptr && pair->size() == 2 ? pair->back() : answer;
  const json::Value* event = inner.Find("event");
  if (event == nullptr || event->AsObject() == nullptr) return BadJson("There is no event");
  return *event->AsObject();
}

bool HasSigned(const event::UnverifiedPdu& event, std::string_view server) {
  const auto& signatures = event.signatures();
  return std::any_of(
      signatures.begin(), signatures.end(),
      [&](const event::PduSignature& signature) { return signature.server == server; });
}

// Our event with one signature more, and nothing else changed.
absl::StatusOr<event::VerifiedPdu> Countersigned(const Context& context, const rpc::Call& call,
                                                 const std::string& server,
                                                 const event::VerifiedPdu& ours,
                                                 std::string_view body) {
  PARLEY_TRY(json::Object given, EventIn(body));
  PARLEY_TRY(event::UnverifiedPdu parsed, event::ParsePdu(std::move(given), *ours->version));
  const bool is_ours = parsed.event_id() == ours->event_id && HasSigned(parsed, server);
  auto verified = Verify(call, context.keys, std::move(parsed));
  if (is_ours && verified.ok() && !verified->redacted()) return verified;
  return Matrix(502, "M_UNKNOWN", StrCat(server, " did not sign the invite"));
}

absl::StatusOr<event::VerifiedPdu> Ratify(const Context& context, const rpc::Call& call,
                                          const event::VerifiedPdu& invite) {
  const std::string server(UserId::Trusted(*invite->state_key).server_name());
  PARLEY_TRY(const std::string state, StateJson(context, *invite));
  auto body = Ask(context, call, server, QuestionV2(*invite, state));
  if (!body.ok() && MayTryV1(*invite, body.status())) {
    body = Ask(context, call, server, QuestionV1(*invite, state));
  }
  if (!body.ok()) return body.status();
  return Countersigned(context, call, server, invite, *body);
}

}  // namespace

absl::StatusOr<Sent> InviteRemoteUser(const Context& context, const rpc::Call& call,
                                      const std::string& room_id, const Draft& invite) {
  PARLEY_TRY(const event::VerifiedPdu drawn, Draw(context, room_id, invite));
  PARLEY_TRY(const event::VerifiedPdu ratified, Ratify(context, call, drawn));
  return PassOn(context, call, ratified);
}

void InviteRemoteUsers(const Context& context, const rpc::Call& call, const std::string& room_id,
                       const std::vector<Draft>& invites) {
  AtOnce(invites.size(), kAtOnce,
         [&](size_t i) { InviteRemoteUser(context, call, room_id, invites[i]).IgnoreError(); });
}

}  // namespace parley::events
