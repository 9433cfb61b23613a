#include "common/status/macros.h"
#include "common/store/store.h"
#include "services/events/store.h"

// What the store holds of other servers in our rooms, and of our users in rooms of others.
namespace parley::events {
namespace {

#define PARLEY_REMOTE_COLUMNS \
  "room_id, user_id, pos, membership, version, server, event_id, sender, pdu, state"

RoomServerRow ToRoomServer(const store::Row& row) {
  return {row.Int(0), row.String(1), row.Int(2), row.Int(3)};
}

OutboundRow ToOutbound(const store::Row& row) {
  return {row.Int(0), row.Int(1), row.String(2), row.String(3), row.Int(4)};
}

RemoteMembershipRow ToRemote(const store::Row& row) {
  return {row.String(0), row.String(1), row.Int(2),    row.String(3), row.String(4),
          row.String(5), row.String(6), row.String(7), row.String(8), row.String(9)};
}

absl::StatusOr<std::vector<RoomServerRow>> ReadServers(store::Reader& db, std::string_view sql,
                                                       std::initializer_list<store::Arg> args) {
  std::vector<RoomServerRow> rows;
  PARLEY_RETURN_IF_ERROR(
      db.Query(sql, args, [&](const store::Row& row) { rows.push_back(ToRoomServer(row)); }));
  return rows;
}

absl::StatusOr<std::vector<OutboundRow>> ReadOutboundRows(store::Reader& db, std::string_view sql,
                                                          std::initializer_list<store::Arg> args) {
  std::vector<OutboundRow> rows;
  PARLEY_RETURN_IF_ERROR(
      db.Query(sql, args, [&](const store::Row& row) { rows.push_back(ToOutbound(row)); }));
  return rows;
}

absl::StatusOr<std::optional<RemoteMembershipRow>> OneRemote(
    store::Reader& db, std::string_view sql, std::initializer_list<store::Arg> args) {
  std::optional<RemoteMembershipRow> found;
  PARLEY_RETURN_IF_ERROR(
      db.Query(sql, args, [&](const store::Row& row) { found = ToRemote(row); }));
  return found;
}

store::Value TextOrNull(const std::string& text) {
  return text.empty() ? store::Value() : store::Value(text);
}

}  // namespace

absl::StatusOr<std::vector<RoomServerRow>> RoomServers(store::Reader& db, Partition p,
                                                       RoomNid room) {
  return ReadServers(db,
                     "SELECT room, server, from_pos, to_pos FROM events_room_servers "
                     "WHERE p = $1 AND room = $2",
                     {p, room});
}

absl::StatusOr<std::vector<RoomServerRow>> RoomsOfServer(store::Reader& db, Partition p,
                                                         std::string_view server) {
  return ReadServers(db,
                     "SELECT room, server, from_pos, to_pos FROM events_room_servers "
                     "WHERE p = $1 AND server = $2",
                     {p, server});
}

absl::StatusOr<std::vector<OutboundRow>> OutboundAfter(store::Reader& db, Partition p,
                                                       int64_t after, int64_t limit) {
  return ReadOutboundRows(
      db,
      "SELECT pos, room, sender_server, extra_server, seen_at FROM events_outbound "
      "WHERE p = $1 AND pos > $2 ORDER BY pos LIMIT $3",
      {p, after, limit});
}

absl::StatusOr<std::optional<OutboundRow>> FindOutbound(store::Reader& db, Partition p,
                                                        int64_t pos) {
  PARLEY_TRY(const auto rows, ReadOutboundRows(db,
                                               "SELECT pos, room, sender_server, extra_server, "
                                               "seen_at FROM events_outbound "
                                               "WHERE p = $1 AND pos = $2",
                                               {p, pos}));
  if (rows.empty()) return std::nullopt;
  return rows.front();
}

absl::StatusOr<std::optional<RemoteMembershipRow>> FindRemoteMembership(store::Reader& db,
                                                                        Partition p,
                                                                        std::string_view room_id,
                                                                        std::string_view user_id) {
  return OneRemote(db,
                   "SELECT " PARLEY_REMOTE_COLUMNS
                   " FROM events_remote_memberships "
                   "WHERE p = $1 AND room_id = $2 AND user_id = $3",
                   {p, room_id, user_id});
}

absl::StatusOr<std::optional<RemoteMembershipRow>> RemoteMembershipAt(store::Reader& db,
                                                                      Partition p, int64_t pos) {
  return OneRemote(db,
                   "SELECT " PARLEY_REMOTE_COLUMNS
                   " FROM events_remote_memberships WHERE p = $1 AND pos = $2",
                   {p, pos});
}

void AddRoomServer(store::Batch& batch, Partition p, const RoomServerRow& server) {
  batch.Insert("events_room_servers", {{"p", p},
                                       {"room", server.room},
                                       {"server", server.server},
                                       {"from_pos", server.from_pos},
                                       {"to_pos", server.to_pos}});
}

void EndRoomServer(store::Batch& batch, Partition p, RoomNid room, std::string_view server,
                   int64_t to_pos) {
  batch.Update("events_room_servers",
               {{"p", p}, {"room", room}, {"server", server}, {"to_pos", int64_t{0}}},
               {{"to_pos", to_pos}});
}

void AddOutbound(store::Batch& batch, Partition p, const OutboundRow& outbound) {
  batch.Insert("events_outbound", {{"p", p},
                                   {"pos", outbound.pos},
                                   {"room", outbound.room},
                                   {"sender_server", outbound.sender_server},
                                   {"extra_server", TextOrNull(outbound.extra_server)},
                                   {"seen_at", outbound.seen_at}});
}

void PruneOutbound(store::Batch& batch, Partition p, int64_t before_ms) {
  batch.DeleteRange("events_outbound", {{"p", p}}, "seen_at", int64_t{0}, before_ms);
}

void SetRemoteMembership(store::Batch& batch, Partition p, const RemoteMembershipRow& membership) {
  batch.Upsert("events_remote_memberships", {{"p", p},
                                             {"room_id", membership.room_id},
                                             {"user_id", membership.user_id},
                                             {"pos", membership.pos},
                                             {"membership", membership.membership},
                                             {"version", membership.version},
                                             {"server", membership.server},
                                             {"event_id", membership.event_id},
                                             {"sender", membership.sender},
                                             {"pdu", store::Bytes(membership.pdu)},
                                             {"state", store::Bytes(membership.state)}});
}

void DeleteRemoteMembership(store::Batch& batch, Partition p, std::string_view room_id,
                            std::string_view user_id) {
  batch.Delete("events_remote_memberships", {{"p", p}, {"room_id", room_id}, {"user_id", user_id}});
}

}  // namespace parley::events
