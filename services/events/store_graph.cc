#include <limits>

#include "common/status/macros.h"
#include "common/store/store.h"
#include "services/events/store.h"

// What the store holds of the graph of rooms that other servers share.
namespace parley::events {
namespace {

absl::StatusOr<std::vector<int64_t>> Positions(store::Reader& db, std::string_view sql,
                                               std::initializer_list<store::Arg> args) {
  std::vector<int64_t> positions;
  PARLEY_RETURN_IF_ERROR(
      db.Query(sql, args, [&](const store::Row& row) { positions.push_back(row.Int(0)); }));
  return positions;
}

}  // namespace

absl::StatusOr<std::vector<EventRow>> FindEvents(store::Reader& db, Partition p,
                                                 const std::vector<std::string>& event_ids) {
  std::vector<EventRow> rows;
  for (const std::string& event_id : event_ids) {
    PARLEY_TRY(std::optional<EventRow> row, FindEvent(db, p, event_id));
    if (row) rows.push_back(*std::move(row));
  }
  return rows;
}

absl::StatusOr<std::vector<StateRow>> StateDifference(store::Reader& db, Partition p, RoomNid room,
                                                      int64_t pos) {
  std::vector<StateRow> changed;
  PARLEY_RETURN_IF_ERROR(db.Query(
      "SELECT type, state_key FROM events_state WHERE p = $1 AND room = $2 AND from_pos > $3",
      {p, room, pos}, [&](const store::Row& row) {
        changed.push_back({.type = row.String(0), .state_key = row.String(1)});
      }));
  for (StateRow& entry : changed) {
    PARLEY_TRY(std::optional<StateRow> then,
               StateEntryAt(db, p, room, pos, entry.type, entry.state_key));
    if (then) entry = *std::move(then);
  }
  return changed;
}

absl::StatusOr<std::vector<std::string>> Extremities(store::Reader& db, Partition p, RoomNid room) {
  std::vector<std::string> event_ids;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT event_id FROM events_extremities WHERE p = $1 AND room = $2 ORDER BY event_id",
               {p, room}, [&](const store::Row& row) { event_ids.push_back(row.String(0)); }));
  return event_ids;
}

absl::StatusOr<std::optional<ForkRow>> FindFork(store::Reader& db, Partition p, int64_t pos) {
  std::optional<ForkRow> fork;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT line, parent, depth FROM events_forks WHERE p = $1 AND pos = $2", {p, pos},
               [&](const store::Row& row) {
                 fork = ForkRow{pos, row.Int(0), row.Int(1), row.Int(2)};
               }));
  return fork;
}

absl::StatusOr<std::vector<ForkStateRow>> ForkStates(store::Reader& db, Partition p, int64_t pos) {
  std::vector<ForkStateRow> rows;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT type, state_key, event_pos FROM events_fork_state WHERE p = $1 AND pos = $2",
               {p, pos}, [&](const store::Row& row) {
                 rows.push_back({pos, row.String(0), row.String(1), row.Int(2)});
               }));
  return rows;
}

absl::StatusOr<std::optional<ForkStateRow>> ForkStateEntry(store::Reader& db, Partition p,
                                                           int64_t pos, std::string_view type,
                                                           std::string_view state_key) {
  std::optional<ForkStateRow> found;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT event_pos FROM events_fork_state "
               "WHERE p = $1 AND pos = $2 AND type = $3 AND state_key = $4",
               {p, pos, type, state_key}, [&](const store::Row& row) {
                 found = ForkStateRow{pos, std::string(type), std::string(state_key), row.Int(0)};
               }));
  return found;
}

absl::StatusOr<std::vector<WaitingRow>> WaitingPdus(store::Reader& db, Partition p, RoomNid room) {
  std::vector<WaitingRow> rows;
  PARLEY_RETURN_IF_ERROR(db.Query(
      "SELECT room, event_id, origin, seen_at, pdu FROM events_waiting "
      "WHERE p = $1 AND room >= $2 AND room <= $3 ORDER BY seen_at, event_id",
      {p, room, room == 0 ? std::numeric_limits<int64_t>::max() : room},
      [&](const store::Row& row) {
        rows.push_back({row.Int(0), row.String(1), row.String(2), row.Int(3), row.String(4)});
      }));
  return rows;
}

absl::StatusOr<bool> IsWaiting(store::Reader& db, Partition p, RoomNid room,
                               std::string_view event_id) {
  return db.QueryOne("SELECT 1 FROM events_waiting WHERE p = $1 AND room = $2 AND event_id = $3",
                     {p, room, event_id}, [](const store::Row&) {});
}

absl::StatusOr<std::vector<int64_t>> EarlyRedactions(store::Reader& db, Partition p, RoomNid room,
                                                     std::string_view target) {
  return Positions(db,
                   "SELECT pos FROM events_early_redactions WHERE p = $1 AND room = $2 AND target "
                   "= $3 ORDER BY pos",
                   {p, room, target});
}

void SetExtremities(store::Batch& batch, Partition p, RoomNid room,
                    const std::vector<std::string>& event_ids) {
  batch.Delete("events_extremities", {{"p", p}, {"room", room}});
  for (const std::string& event_id : event_ids) {
    batch.Insert("events_extremities", {{"p", p}, {"room", room}, {"event_id", event_id}});
  }
}

void AddFork(store::Batch& batch, Partition p, const ForkRow& fork,
             const std::vector<ForkStateRow>& differences) {
  batch.Insert("events_forks", {{"p", p},
                                {"pos", fork.pos},
                                {"line", fork.line},
                                {"parent", fork.parent},
                                {"depth", fork.depth}});
  for (const ForkStateRow& row : differences) {
    batch.Insert("events_fork_state", {{"p", p},
                                       {"pos", fork.pos},
                                       {"type", row.type},
                                       {"state_key", row.state_key},
                                       {"event_pos", row.event_pos}});
  }
}

void AddWaiting(store::Batch& batch, Partition p, const WaitingRow& waiting) {
  batch.InsertOrIgnore("events_waiting", {{"p", p},
                                          {"room", waiting.room},
                                          {"event_id", waiting.event_id},
                                          {"origin", waiting.origin},
                                          {"seen_at", waiting.seen_at},
                                          {"pdu", store::Bytes(waiting.pdu)}});
}

void DeleteWaiting(store::Batch& batch, Partition p, RoomNid room, std::string_view event_id) {
  batch.Delete("events_waiting", {{"p", p}, {"room", room}, {"event_id", event_id}});
}

void AddEarlyRedaction(store::Batch& batch, Partition p, RoomNid room, std::string_view target,
                       int64_t pos) {
  batch.Insert("events_early_redactions",
               {{"p", p}, {"room", room}, {"target", target}, {"pos", pos}});
}

void DeleteEarlyRedactions(store::Batch& batch, Partition p, RoomNid room,
                           std::string_view target) {
  batch.Delete("events_early_redactions", {{"p", p}, {"room", room}, {"target", target}});
}

}  // namespace parley::events
