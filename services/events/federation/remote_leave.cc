#include "common/event/event_builder.h"
#include "common/event/event_types.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/federation/candidates.h"
#include "services/events/federation/handshake.h"
#include "services/events/federation/remote_join.h"
#include "services/events/federation/remote_membership.h"

// Knocking at, and declining, rooms that this server is not in.
namespace parley::events {
namespace {

Wish WishOf(const RemoteChange& change) {
  return {change.room_id, change.user,
          std::string(json::StringOr(change.content, "membership", "")), change.content};
}

// An event that this server made, and the server that took it.
struct Handed {
  event::VerifiedPdu event;
  std::string server;
  json::Object answer;
};

absl::StatusOr<Handed> HandOver(const Context& context, const rpc::Call& call,
                                const RemoteChange& change, const event::RoomVersion* version) {
  PARLEY_TRY(const Candidates candidates, CandidatesFor(context, change));
  if (candidates.names().empty()) return NotFound("There is no such room, as far as is known here");
  const Wish wish = WishOf(change);
  return AskInTurn(candidates, [&](const std::string& server) -> absl::StatusOr<Handed> {
    PARLEY_TRY(event::VerifiedPdu made, MakeThere(context, call, server, wish, version));
    PARLEY_TRY(json::Object answer, SendThere(context, call, server, wish, made));
    return Handed{std::move(made), server, std::move(answer)};
  });
}

RemoteMembershipRow RowFor(const event::VerifiedPdu& event, std::string server) {
  return {.room_id = event->room_id.str(),
          .user_id = *event->state_key,
          .membership = std::string(event::MembershipText(*event)),
          .version = std::string(event->version->id),
          .server = std::move(server),
          .event_id = event->event_id.str(),
          .sender = event->sender.str(),
          .pdu = event->bytes,
          .state = "[]"};
}

// What our user's clients see when nobody could be told: a leave that hangs on the invite, for our
// eyes only.
absl::StatusOr<event::VerifiedPdu> OwnLeave(const Context& context, const RemoteChange& change,
                                            const RemoteMembershipRow& row) {
  const event::RoomVersion& version = event::GetRoomVersion(row.version);
  event::EventFields fields;
  fields.room_id = RoomId::Trusted(change.room_id);
  fields.sender = change.user;
  fields.type = event::kMember;
  fields.state_key = change.user.str();
  fields.content = change.content;
  fields.origin_server_ts = context.clock.NowMs();
  fields.prev_events.emplace_back(EventId::Trusted(row.event_id));
  fields.auth_events.emplace_back(EventId::Trusted(row.event_id));
  return event::EventBuilder(version, context.config.server_name, context.signing_key)
      .Build(std::move(fields));
}

}  // namespace

absl::StatusOr<Sent> KnockRemotely(const Context& context, const rpc::Call& call,
                                   const RemoteChange& change) {
  PARLEY_TRY(Handed handed, HandOver(context, call, change, nullptr));
  RemoteMembershipRow row = RowFor(handed.event, handed.server);
  if (const json::Array* state = json::FindArray(handed.answer, "knock_room_state")) {
    row.state = StrippedArray(*state);
  }
  return RecordRemoteMembership(context, call, std::move(row));
}

absl::StatusOr<Sent> LeaveRemotely(const Context& context, const rpc::Call& call,
                                   const RemoteChange& change) {
  PARLEY_TRY(const auto row, RemoteMembershipOf(context, change.room_id, change.user.str()));
  if (!row) return Forbidden("You are not in this room");
  if (row->membership == "leave") return Sent{row->event_id, row->pos};
  const event::RoomVersion* version = event::FindRoomVersion(row->version);
  auto handed = HandOver(context, call, change, version);
  if (handed.ok()) {
    return RecordRemoteMembership(context, call, RowFor(handed->event, handed->server));
  }
  PARLEY_TRY(const event::VerifiedPdu leave, OwnLeave(context, change, *row));
  return RecordRemoteMembership(context, call, RowFor(leave, row->server));
}

}  // namespace parley::events
