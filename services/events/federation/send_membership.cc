#include "services/events/federation/send_membership.h"

#include "common/base/strings.h"
#include "common/event/event_types.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/federation/join_answer.h"
#include "services/events/federation/key_cache.h"
#include "services/events/federation/pass_on.h"
#include "services/events/federation/resident_join.h"
#include "services/events/federation/server_acl.h"
#include "services/events/read/stripped_state.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

absl::Status CheckClaims(const event::Pdu& pdu, const v1::SendMembershipRequest& request) {
  if (pdu.event_id.str() != request.event_id()) return InvalidParam("The event has another id");
  if (pdu.room_id.str() != request.room_id()) return InvalidParam("The event is of another room");
  if (pdu.type != event::kMember || !pdu.IsState()) return InvalidParam("This is no m.room.member");
  if (*pdu.state_key != pdu.sender.str()) return InvalidParam("The event is about somebody else");
  if (pdu.sender.server_name() != request.origin()) {
    return InvalidParam("The sender is not of your server");
  }
  if (event::MembershipText(pdu) != request.membership()) {
    return InvalidParam("The event has another membership");
  }
  return absl::OkStatus();
}

absl::StatusOr<event::VerifiedPdu> Receive(const Context& context, const rpc::Call& call,
                                           Room& room, const v1::SendMembershipRequest& request) {
  PARLEY_TRY(event::UnverifiedPdu received, event::ParsePdu(request.event(), *room.version));
  PARLEY_RETURN_IF_ERROR(CheckClaims(received.peek(), request));
  auto verified = Verify(call, context.keys, std::move(received));
  if (!verified.ok()) return InvalidParam(Std(verified.status().message()));
  if (verified->redacted()) return InvalidParam("The event's content hash is wrong");
  if (request.membership() != "join") return verified;
  return SignAsAuthoriser(context, room, *verified);
}

absl::StatusOr<std::string> KnockAnswer(const Context& context, const Room& room) {
  std::vector<std::string> pdus;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    const RoomRow row{room.partition, room.nid, room.id, std::string(room.version->id)};
    PARLEY_TRY(pdus, IdentifyingPdus(db, row, {}));
    return absl::OkStatus();
  }));
  std::string json;
  json::Writer writer(json);
  writer.BeginObject().Key("knock_room_state").BeginArray();
  for (const std::string& pdu : pdus) writer.Raw(pdu);
  writer.EndArray().EndObject();
  return json;
}

}  // namespace

absl::StatusOr<v1::FederationJson> AcceptMembership(const Context& context, const rpc::Call& call,
                                                    const v1::SendMembershipRequest& request) {
  PARLEY_TRY(const RoomPtr room, OpenSharedRoom(context, request.room_id(), request.origin()));
  PARLEY_TRY(const event::VerifiedPdu event, Receive(context, call, *room, request));
  PARLEY_TRY(const Sent sent, PassOn(context, call, event));
  v1::FederationJson answer;
  answer.set_json("{}");
  if (request.membership() == "knock") {
    PARLEY_TRY(*answer.mutable_json(), KnockAnswer(context, *room));
  } else if (request.membership() == "join") {
    PARLEY_TRY(*answer.mutable_json(),
               JoinAnswer(context, *room, sent.position, request.omit_members()));
  }
  return answer;
}

}  // namespace parley::events
