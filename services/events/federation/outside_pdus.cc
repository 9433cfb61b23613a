#include "services/events/federation/outside_pdus.h"

#include "common/base/strings.h"
#include "common/event/event_types.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/federation/key_cache.h"
#include "services/events/federation/remote_membership.h"

namespace parley::events {
namespace {

absl::Status NotInRoom() {
  return NotFound("This server is not in the room");
}

// The row that the event is about, if `origin` may end it.
absl::StatusOr<std::optional<RemoteMembershipRow>> RowFor(const Context& context,
                                                          const v1::ReceivePdusRequest& request,
                                                          const json::Object& pdu) {
  if (json::StringOr(pdu, "type", "") != event::kMember) return std::nullopt;
  PARLEY_TRY(auto row, RemoteMembershipOf(context, request.room_id(),
                                          std::string(json::StringOr(pdu, "state_key", ""))));
  const bool is_pending = row && (row->membership == "invite" || row->membership == "knock");
  if (!is_pending || row->server != request.origin()) return std::nullopt;
  return row;
}

// Whether others may take an invite back depends on power levels that nobody shows us: it is left to
// the one who made it. A knock may be refused by anyone of the server that took it.
bool MayEndIt(const event::Pdu& pdu, const RemoteMembershipRow& row) {
  return row.membership == "invite" ? pdu.sender.str() == row.sender
                                    : pdu.sender.server_name() == row.server;
}

bool EndsIt(const event::Pdu& pdu, const RemoteMembershipRow& row) {
  const event::Membership after = event::MembershipOf(&pdu);
  const bool is_over = after == event::Membership::kLeave || after == event::Membership::kBan;
  return is_over && pdu.room_id.str() == row.room_id && pdu.state_key == row.user_id &&
         MayEndIt(pdu, row);
}

absl::StatusOr<EventId> Take(const Context& context, const rpc::Call& call,
                             const v1::ReceivePdusRequest& request, const std::string& bytes) {
  PARLEY_TRY(const json::Object peeked, json::ParseObject(bytes));
  PARLEY_TRY(auto row, RowFor(context, request, peeked));
  if (!row) return NotInRoom();
  PARLEY_TRY(event::UnverifiedPdu received,
             event::ParsePdu(bytes, event::GetRoomVersion(row->version)));
  PARLEY_TRY(const event::VerifiedPdu pdu, Verify(call, context.keys, std::move(received)));
  if (!EndsIt(*pdu, *row)) return NotInRoom();
  row->membership = "leave";
  row->event_id = pdu->event_id.str();
  row->sender = pdu->sender.str();
  row->pdu = pdu->bytes;
  PARLEY_RETURN_IF_ERROR(RecordRemoteMembership(context, call, *std::move(row)).status());
  return pdu->event_id;
}

}  // namespace

absl::StatusOr<v1::ReceivePdusResponse> ReceiveOutside(const Context& context,
                                                       const rpc::Call& call,
                                                       const v1::ReceivePdusRequest& request) {
  v1::ReceivePdusResponse response;
  for (const std::string& bytes : request.pdus()) {
    const auto taken = Take(context, call, request, bytes);
    if (taken.ok()) response.add_results()->set_event_id(taken->str());
  }
  if (response.results().empty()) return NotInRoom();
  return response;
}

}  // namespace parley::events
