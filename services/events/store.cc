#include "services/events/store.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "common/status/macros.h"
#include "common/store/store.h"

namespace parley::events {
namespace {

#define PARLEY_EVENT_COLUMNS                                                                       \
  "pos, room, ord, event_id, type, state_key, sender, ts, flags, redacted_by, replaces, thread_root, " \
  "txn_device, txn_id, pdu"

EventRow ToEvent(const store::Row& row) {
  return {.pos = row.Int(0),
          .room = row.Int(1),
          .ord = row.Int(2),
          .event_id = row.String(3),
          .type = row.String(4),
          .state_key = row.MaybeString(5),
          .sender = row.String(6),
          .ts = row.Int(7),
          .flags = static_cast<uint32_t>(row.Int(8)),
          .redacted_by = row.Int(9),
          .replaces = row.Int(10),
          .thread_root = row.String(11),
          .txn_device = row.String(12),
          .txn_id = row.String(13),
          .pdu = row.String(14)};
}

absl::StatusOr<std::optional<EventRow>> OneEvent(store::Reader& db, std::string_view sql,
                                                 std::initializer_list<store::Arg> args) {
  std::optional<EventRow> found;
  PARLEY_RETURN_IF_ERROR(db.Query(sql, args, [&](const store::Row& row) { found = ToEvent(row); }));
  return found;
}

// Column order of every query over either state table: type, state_key, event_pos, from_pos, to_pos, membership.
StateRow ToState(const store::Row& row) {
  StateRow state{row.String(0), row.String(1), row.Int(2), row.Int(3), row.Int(4), std::nullopt};
  if (const int64_t membership = row.Int(5); membership != 0) {
    state.membership = static_cast<event::Membership>(membership - 1);
  }
  return state;
}

absl::Status AppendStates(store::Reader& db, std::string_view sql, std::initializer_list<store::Arg> args,
                          std::vector<StateRow>& out) {
  return db.Query(sql, args, [&](const store::Row& row) { out.push_back(ToState(row)); });
}

absl::StatusOr<std::vector<StateRow>> States(store::Reader& db, std::string_view sql,
                                             std::initializer_list<store::Arg> args) {
  std::vector<StateRow> rows;
  PARLEY_RETURN_IF_ERROR(AppendStates(db, sql, args, rows));
  return rows;
}

absl::StatusOr<std::optional<StateRow>> OneState(store::Reader& db, std::string_view sql,
                                                 std::initializer_list<store::Arg> args) {
  PARLEY_TRY(const std::vector<StateRow> rows, States(db, sql, args));
  if (rows.empty()) return std::nullopt;
  return rows.front();
}

// Every tree node whose interval may contain `pos`, given that no version ends behind `head`.
std::vector<int64_t> NodesAround(int64_t pos, int64_t head) {
  std::vector<int64_t> nodes{pos};
  const int levels = std::bit_width(static_cast<uint64_t>(std::max(pos, head)));
  for (int level = 0; level < levels; ++level) {
    const int64_t node = (pos >> (level + 1) << (level + 1)) | (int64_t{1} << level);
    if (node != pos) nodes.push_back(node);
  }
  return nodes;
}

// Versions in force at `pos` that began after `after`.
absl::StatusOr<std::vector<StateRow>> InForce(store::Reader& db, Partition p, RoomNid room, int64_t after,
                                              int64_t pos) {
  PARLEY_TRY(std::vector<StateRow> rows,
             States(db,
                    "SELECT type, state_key, event_pos, from_pos, 0, membership FROM events_state "
                    "WHERE p = $1 AND room = $2 AND from_pos > $3 AND from_pos <= $4 AND event_pos <> 0",
                    {p, room, after, pos}));
  PARLEY_TRY(const store::StreamState stream, store::ReadStream(db, kStream, p));
  for (const int64_t node : NodesAround(pos, stream.head)) {
    // A version that is filed at or before `pos` began by then; one filed behind it has not ended by then.
    const std::string_view sql =
        node <= pos ? "SELECT type, state_key, event_pos, from_pos, to_pos, membership FROM events_past_state "
                      "WHERE p = $1 AND room = $2 AND node = $3 AND to_pos > $4 AND from_pos > $5"
                    : "SELECT type, state_key, event_pos, from_pos, to_pos, membership FROM events_past_state "
                      "WHERE p = $1 AND room = $2 AND node = $3 AND from_pos <= $4 AND from_pos > $5";
    PARLEY_RETURN_IF_ERROR(AppendStates(db, sql, {p, room, node, pos, after}, rows));
  }
  return rows;
}

absl::Status ScanEvents(store::Reader& db, std::string_view sql, std::initializer_list<store::Arg> args,
                        EventCallback on_event) {
  bool more = true;
  return db.Query(sql, args, [&](const store::Row& row) {
    if (more) more = on_event(ToEvent(row));
  });
}

ReceiptRow ToReceipt(const store::Row& row) {
  return {row.Int(0), row.String(1), row.String(2), row.String(3), row.String(4), row.Int(5), row.Int(6), row.Int(7)};
}

absl::StatusOr<std::vector<ReceiptRow>> ReadReceipts(store::Reader& db, std::string_view sql,
                                                     std::initializer_list<store::Arg> args) {
  std::vector<ReceiptRow> rows;
  PARLEY_RETURN_IF_ERROR(db.Query(sql, args, [&](const store::Row& row) { rows.push_back(ToReceipt(row)); }));
  return rows;
}

DeviceChangeRow ToDeviceChange(const store::Row& row) { return {row.String(0), row.Int(1), row.Int(2)}; }

}  // namespace

absl::StatusOr<std::optional<RoomRow>> FindRoom(store::Reader& db, Partition p, std::string_view room_id) {
  std::optional<RoomRow> found;
  PARLEY_RETURN_IF_ERROR(db.Query("SELECT room, version FROM events_rooms WHERE p = $1 AND room_id = $2", {p, room_id},
                                  [&](const store::Row& row) {
                                    found = RoomRow{p, row.Int(0), std::string(room_id), row.String(1)};
                                  }));
  return found;
}

absl::StatusOr<std::optional<RoomRow>> FindRoomByNid(store::Reader& db, Partition p, RoomNid room) {
  std::optional<RoomRow> found;
  PARLEY_RETURN_IF_ERROR(db.Query("SELECT room_id, version FROM events_rooms WHERE p = $1 AND room = $2", {p, room},
                                  [&](const store::Row& row) {
                                    found = RoomRow{p, room, row.String(0), row.String(1)};
                                  }));
  return found;
}

absl::StatusOr<std::optional<EventRow>> ReadEvent(store::Reader& db, Partition p, int64_t pos) {
  return OneEvent(db, "SELECT " PARLEY_EVENT_COLUMNS " FROM events_pdus WHERE p = $1 AND pos = $2", {p, pos});
}

absl::StatusOr<std::optional<EventRow>> FindEvent(store::Reader& db, Partition p, std::string_view event_id) {
  return OneEvent(db, "SELECT " PARLEY_EVENT_COLUMNS " FROM events_pdus WHERE p = $1 AND event_id = $2",
                  {p, event_id});
}

absl::StatusOr<std::optional<RoomRow>> FindRoomOfEvent(store::Reader& db, uint32_t partitions,
                                                       std::string_view event_id) {
  for (Partition p = 0; p < partitions; ++p) {
    PARLEY_TRY(const auto event, FindEvent(db, p, event_id));
    if (event) return FindRoomByNid(db, p, event->room);
  }
  return std::nullopt;
}

absl::StatusOr<std::vector<EventRow>> ReadEvents(store::Reader& db, Partition p,
                                                 const std::vector<int64_t>& positions) {
  std::vector<EventRow> rows;
  rows.reserve(positions.size());
  for (const int64_t pos : positions) {
    PARLEY_TRY(std::optional<EventRow> row, ReadEvent(db, p, pos));
    if (row) rows.push_back(*std::move(row));
  }
  return rows;
}

absl::Status ScanForwards(store::Reader& db, Partition p, RoomNid room, RoomOrder after, int64_t limit,
                          EventCallback on_event) {
  return ScanEvents(db,
                    "SELECT " PARLEY_EVENT_COLUMNS
                    " FROM events_pdus WHERE p = $1 AND room = $2 AND ord > $3 ORDER BY ord LIMIT $4",
                    {p, room, std::max(after, kFirstOrder - 1), limit}, on_event);
}

absl::Status ScanBackwards(store::Reader& db, Partition p, RoomNid room, RoomOrder upto, int64_t limit,
                           EventCallback on_event) {
  return ScanEvents(db,
                    "SELECT " PARLEY_EVENT_COLUMNS
                    " FROM events_pdus WHERE p = $1 AND room = $2 AND ord <= $3 AND ord >= $5 ORDER BY ord DESC LIMIT $4",
                    {p, room, upto, limit, kFirstOrder}, on_event);
}

absl::StatusOr<std::optional<EventRow>> FindByTime(store::Reader& db, Partition p, RoomNid room, int64_t ts,
                                                   bool backwards) {
  if (backwards) {
    return OneEvent(db,
                    "SELECT " PARLEY_EVENT_COLUMNS
                    " FROM events_pdus WHERE p = $1 AND room = $2 AND ts <= $3 AND ord >= $4 ORDER BY ord DESC LIMIT 1",
                    {p, room, ts, kFirstOrder});
  }
  return OneEvent(db,
                  "SELECT " PARLEY_EVENT_COLUMNS
                  " FROM events_pdus WHERE p = $1 AND room = $2 AND ts >= $3 AND ord >= $4 ORDER BY ord LIMIT 1",
                  {p, room, ts, kFirstOrder});
}

absl::StatusOr<std::vector<StateRow>> CurrentState(store::Reader& db, Partition p, RoomNid room) {
  return States(db,
                "SELECT type, state_key, event_pos, from_pos, 0, membership FROM events_state "
                "WHERE p = $1 AND room = $2 AND event_pos <> 0",
                {p, room});
}

absl::StatusOr<std::vector<StateRow>> CurrentStateOfType(store::Reader& db, Partition p, RoomNid room,
                                                         std::string_view type) {
  return States(db,
                "SELECT type, state_key, event_pos, from_pos, 0, membership FROM events_state "
                "WHERE p = $1 AND room = $2 AND type = $3 AND event_pos <> 0",
                {p, room, type});
}

absl::StatusOr<std::optional<StateRow>> CurrentStateEntry(store::Reader& db, Partition p, RoomNid room,
                                                          std::string_view type, std::string_view state_key) {
  return OneState(db,
                  "SELECT type, state_key, event_pos, from_pos, 0, membership FROM events_state "
                  "WHERE p = $1 AND room = $2 AND type = $3 AND state_key = $4 AND event_pos <> 0",
                  {p, room, type, state_key});
}

absl::StatusOr<int64_t> CountMembers(store::Reader& db, Partition p, RoomNid room, event::Membership membership,
                                     int64_t cap) {
  PARLEY_TRY(const auto count,
             db.QueryInt("SELECT COUNT(*) FROM (SELECT 1 FROM events_state WHERE p = $1 AND room = $2 "
                         "AND type = 'm.room.member' AND membership = $3 LIMIT $4) AS members",
                         {p, room, static_cast<int64_t>(membership) + 1, cap}));
  return count.value_or(0);
}

absl::StatusOr<std::vector<StateRow>> StateAt(store::Reader& db, Partition p, RoomNid room, int64_t pos) {
  return InForce(db, p, room, 0, pos);
}

absl::StatusOr<std::optional<StateRow>> StateEntryAt(store::Reader& db, Partition p, RoomNid room, int64_t pos,
                                                     std::string_view type, std::string_view state_key) {
  PARLEY_TRY(std::optional<StateRow> current,
             OneState(db,
                      "SELECT type, state_key, event_pos, from_pos, 0, membership FROM events_state "
                      "WHERE p = $1 AND room = $2 AND type = $3 AND state_key = $4",
                      {p, room, type, state_key}));
  if (!current) return std::nullopt;
  if (current->from_pos <= pos) return current->event_pos == 0 ? std::nullopt : std::move(current);
  return OneState(db,
                  "SELECT type, state_key, event_pos, from_pos, to_pos, membership FROM events_past_state "
                  "WHERE p = $1 AND room = $2 AND type = $3 AND state_key = $4 AND from_pos <= $5 "
                  "AND to_pos > $5 ORDER BY from_pos DESC LIMIT 1",
                  {p, room, type, state_key, pos});
}

absl::StatusOr<std::vector<StateRow>> StateHistory(store::Reader& db, Partition p, RoomNid room,
                                                   std::string_view type, std::string_view state_key) {
  PARLEY_TRY(std::vector<StateRow> rows,
             States(db,
                    "SELECT type, state_key, event_pos, from_pos, to_pos, membership FROM events_past_state "
                    "WHERE p = $1 AND room = $2 AND type = $3 AND state_key = $4 ORDER BY from_pos",
                    {p, room, type, state_key}));
  PARLEY_TRY(std::optional<StateRow> current, CurrentStateEntry(db, p, room, type, state_key));
  if (current) rows.push_back(*std::move(current));
  return rows;
}

absl::StatusOr<std::vector<StateRow>> StateChanges(store::Reader& db, Partition p, RoomNid room, int64_t after,
                                                   int64_t upto) {
  return InForce(db, p, room, after, upto);
}

absl::StatusOr<std::vector<RelationRow>> RelationsTo(store::Reader& db, Partition p, RoomNid room,
                                                     std::string_view target) {
  std::vector<RelationRow> rows;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT pos, rel_type, type, sender, key FROM events_relations "
               "WHERE p = $1 AND room = $2 AND target = $3 ORDER BY pos",
               {p, room, target}, [&](const store::Row& row) {
                 rows.push_back({room, std::string(target), row.Int(0), row.String(1), row.String(2), row.String(3),
                                 row.String(4)});
               }));
  return rows;
}

absl::StatusOr<std::vector<ThreadRow>> Threads(store::Reader& db, Partition p, RoomNid room, int64_t before_pos,
                                               int64_t limit) {
  if (before_pos == 0) before_pos = std::numeric_limits<int64_t>::max();
  std::vector<ThreadRow> rows;
  PARLEY_RETURN_IF_ERROR(db.Query(
      "SELECT target, MAX(pos), COUNT(*) FROM events_relations "
      "WHERE p = $1 AND room = $2 AND rel_type = 'm.thread' GROUP BY target HAVING MAX(pos) < $3 "
      "ORDER BY MAX(pos) DESC LIMIT $4",
      {p, room, before_pos, limit},
      [&](const store::Row& row) { rows.push_back({row.String(0), row.Int(1), row.Int(2)}); }));
  return rows;
}

absl::StatusOr<std::optional<TxnRow>> FindTxn(store::Reader& db, Partition p, RoomNid room, std::string_view user_id,
                                              std::string_view device_id, std::string_view txn_id) {
  std::optional<TxnRow> found;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT event_pos, event_id, ts FROM events_txns "
               "WHERE p = $1 AND room = $2 AND user_id = $3 AND device_id = $4 AND txn_id = $5",
               {p, room, user_id, device_id, txn_id}, [&](const store::Row& row) {
                 found = TxnRow{room, std::string(user_id), std::string(device_id), std::string(txn_id), row.Int(0),
                                row.String(1), row.Int(2)};
               }));
  return found;
}

absl::Status ScanTxns(store::Reader& db, Partition p, RoomNid room, TxnCallback on_txn) {
  return db.Query("SELECT user_id, device_id, txn_id FROM events_txns WHERE p = $1 AND room = $2", {p, room},
                  [&](const store::Row& row) { on_txn(row.Text(0), row.Text(1), row.Text(2)); });
}

absl::StatusOr<std::vector<ReceiptRow>> Receipts(store::Reader& db, Partition p, RoomNid room, int64_t after) {
  return ReadReceipts(db,
                      "SELECT room, user_id, type, thread_id, event_id, event_pos, ts, pos FROM events_receipts "
                      "WHERE p = $1 AND room = $2 AND pos > $3 ORDER BY pos",
                      {p, room, after});
}

absl::StatusOr<std::vector<ReceiptRow>> ReceiptsOf(store::Reader& db, Partition p, RoomNid room,
                                                   std::string_view user_id) {
  return ReadReceipts(db,
                      "SELECT room, user_id, type, thread_id, event_id, event_pos, ts, pos FROM events_receipts "
                      "WHERE p = $1 AND room = $2 AND user_id = $3",
                      {p, room, user_id});
}

absl::StatusOr<std::optional<AliasRow>> FindAlias(store::Reader& db, Partition alias_partition,
                                                  std::string_view alias) {
  std::optional<AliasRow> found;
  PARLEY_RETURN_IF_ERROR(db.Query("SELECT room_id, creator FROM events_aliases WHERE p = $1 AND alias = $2",
                                  {alias_partition, alias}, [&](const store::Row& row) {
                                    found = AliasRow{std::string(alias), row.String(0), row.String(1)};
                                  }));
  return found;
}

absl::StatusOr<std::vector<AliasRow>> AliasesOf(store::Reader& db, Partition alias_partition,
                                                std::string_view room_id) {
  std::vector<AliasRow> rows;
  PARLEY_RETURN_IF_ERROR(db.Query("SELECT alias, creator FROM events_aliases WHERE p = $1 AND room_id = $2",
                                  {alias_partition, room_id}, [&](const store::Row& row) {
                                    rows.push_back({row.String(0), std::string(room_id), row.String(1)});
                                  }));
  return rows;
}

absl::StatusOr<bool> IsPublished(store::Reader& db, Partition p, RoomNid room) {
  return db.QueryOne("SELECT 1 FROM events_published WHERE p = $1 AND room = $2", {p, room},
                     [](const store::Row&) {});
}

absl::StatusOr<std::vector<PublishedRow>> PublishedRooms(store::Reader& db, Partition p) {
  std::vector<PublishedRow> rows;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT room, room_id, joined_members, room_type, json FROM events_published WHERE p = $1", {p},
               [&](const store::Row& row) {
                 rows.push_back({row.Int(0), row.String(1), row.Int(2), row.String(3), row.String(4)});
               }));
  return rows;
}

absl::Status ScanErased(store::Reader& db,
                        absl::FunctionRef<void(Partition p, std::string_view user_id, int64_t pos)> on_user) {
  return db.Query("SELECT p, user_id, pos FROM events_erased", {}, [&](const store::Row& row) {
    on_user(static_cast<Partition>(row.Int(0)), row.String(1), row.Int(2));
  });
}

absl::StatusOr<std::vector<int64_t>> OutboxPositions(store::Reader& db, Partition p) {
  std::vector<int64_t> positions;
  PARLEY_RETURN_IF_ERROR(db.Query("SELECT pos FROM events_outbox WHERE p = $1 ORDER BY pos", {p},
                                  [&](const store::Row& row) { positions.push_back(row.Int(0)); }));
  return positions;
}

absl::StatusOr<std::vector<CallSignalRow>> CallSignalsAfter(store::Reader& db, Partition p, int64_t after,
                                                            int64_t limit) {
  std::vector<CallSignalRow> rows;
  PARLEY_RETURN_IF_ERROR(db.Query(
      "SELECT pos, room_id, event_id, type, sender, ts, seen_at, content FROM events_call_signals "
      "WHERE p = $1 AND pos > $2 ORDER BY pos LIMIT $3",
      {p, after, limit}, [&](const store::Row& row) {
        rows.push_back({row.Int(0), row.String(1), row.String(2), row.String(3), row.String(4), row.Int(5), row.Int(6),
                        row.String(7)});
      }));
  return rows;
}

absl::StatusOr<std::optional<DeviceChangeRow>> FindDeviceChange(store::Reader& db, Partition p,
                                                                std::string_view user_id) {
  std::optional<DeviceChangeRow> found;
  PARLEY_RETURN_IF_ERROR(db.Query(
      "SELECT user_id, pos, generation FROM events_device_changes WHERE p = $1 AND user_id = $2", {p, user_id},
      [&](const store::Row& row) { found = ToDeviceChange(row); }));
  return found;
}

absl::StatusOr<std::vector<DeviceChangeRow>> DeviceChanges(store::Reader& db, Partition p, int64_t after) {
  std::vector<DeviceChangeRow> rows;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT user_id, pos, generation FROM events_device_changes WHERE p = $1 AND pos > $2 ORDER BY pos",
               {p, after}, [&](const store::Row& row) { rows.push_back(ToDeviceChange(row)); }));
  return rows;
}

}  // namespace parley::events
