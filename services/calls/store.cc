#include "services/calls/store.h"

#include "common/status/macros.h"

namespace parley::calls {
namespace {

using store::Type;

constexpr std::string_view kDelayed = "calls_delayed";
constexpr std::string_view kState = "calls_delayed_state";

#define PARLEY_DELAYED_FROM                                                             \
  "d.p, d.delay_id, d.user_id, d.device_id, d.room_id, d.type, d.state_key, d.txn_id, " \
  "d.delay_ms, "                                                                        \
  "s.status, s.running_since, s.event_id, s.error, s.finalised_at"
#define PARLEY_DELAYED_JOIN \
  " FROM calls_delayed_state s JOIN calls_delayed d ON d.p = s.p AND d.delay_id = s.delay_id "

DelayedRow ToRow(const store::Row& row) {
  DelayedRow delayed;
  delayed.partition = static_cast<Partition>(row.Int(0));
  delayed.delay_id = row.String(1);
  delayed.user_id = row.String(2);
  delayed.device_id = row.String(3);
  delayed.room_id = row.String(4);
  delayed.type = row.String(5);
  delayed.state_key = row.MaybeString(6);
  delayed.txn_id = row.String(7);
  delayed.delay_ms = row.Int(8);
  delayed.status = static_cast<DelayedStatus>(row.Int(9));
  delayed.running_since = row.Int(10);
  delayed.event_id = row.String(11);
  delayed.error = row.String(12);
  delayed.finalised_at = row.Int(13);
  return delayed;
}

DelayedRow ToWholeRow(const store::Row& row) {
  DelayedRow delayed = ToRow(row);
  delayed.content = row.String(14);
  return delayed;
}

}  // namespace

std::vector<store::Migration> Migrations() {
  store::Table delayed;
  delayed.name = kDelayed;
  delayed.columns = {{"p", Type::kInteger},
                     {"delay_id", Type::kText},
                     {"user_id", Type::kText},
                     {"device_id", Type::kText},
                     {"room_id", Type::kText},
                     {"type", Type::kText},
                     {"state_key", Type::kText, true},
                     {"txn_id", Type::kText},
                     {"delay_ms", Type::kInteger},
                     {"content", Type::kText}};
  delayed.primary_key = {"p", "delay_id"};
  delayed.indexes = {{"calls_delayed_by_user", {"p", "user_id"}}};
  delayed.clustered = false;
  store::Table state;
  state.name = kState;
  state.columns = {{"p", Type::kInteger},           {"delay_id", Type::kText},
                   {"status", Type::kInteger},      {"running_since", Type::kInteger},
                   {"event_id", Type::kText},       {"error", Type::kText},
                   {"finalised_at", Type::kInteger}};
  state.primary_key = {"p", "delay_id"};
  state.indexes = {{"calls_delayed_state_by_end", {"p", "finalised_at"}}};
  store::Migration first;
  first.service = kStream;
  first.number = 1;
  first.tables = {delayed, state};
  return {first};
}

void SetStatus(store::Batch& batch, const DelayedRow& row) {
  batch.Upsert(kState, {{"p", row.partition},
                        {"delay_id", row.delay_id},
                        {"status", static_cast<int64_t>(row.status)},
                        {"running_since", row.running_since},
                        {"event_id", row.event_id},
                        {"error", row.error},
                        {"finalised_at", row.finalised_at}});
}

void AddDelayed(store::Batch& batch, const DelayedRow& row) {
  batch.Insert(kDelayed, {{"p", row.partition},
                          {"delay_id", row.delay_id},
                          {"user_id", row.user_id},
                          {"device_id", row.device_id},
                          {"room_id", row.room_id},
                          {"type", row.type},
                          {"state_key", row.state_key},
                          {"txn_id", row.txn_id},
                          {"delay_ms", row.delay_ms},
                          {"content", row.content}});
  SetStatus(batch, row);
}

void SetRunningSince(store::Batch& batch, Partition p, std::string_view delay_id,
                     int64_t running_since) {
  batch.Update(kState, {{"p", p}, {"delay_id", delay_id}}, {{"running_since", running_since}});
}

void DeleteDelayed(store::Batch& batch, Partition p, std::string_view delay_id) {
  batch.Delete(kDelayed, {{"p", p}, {"delay_id", delay_id}});
  batch.Delete(kState, {{"p", p}, {"delay_id", delay_id}});
}

absl::Status ScanScheduled(store::Reader& db, Partition p, DelayedCallback on_row) {
  return db.Query("SELECT " PARLEY_DELAYED_FROM PARLEY_DELAYED_JOIN
                  "WHERE s.p = $1 AND s.finalised_at = 0",
                  {p}, [&](const store::Row& row) { on_row(ToRow(row)); });
}

absl::StatusOr<std::optional<DelayedRow>> FindDelayed(store::Reader& db, Partition p,
                                                      std::string_view delay_id) {
  std::optional<DelayedRow> found;
  PARLEY_RETURN_IF_ERROR(db.Query("SELECT " PARLEY_DELAYED_FROM ", d.content" PARLEY_DELAYED_JOIN
                                  "WHERE s.p = $1 AND s.delay_id = $2",
                                  {p, delay_id},
                                  [&](const store::Row& row) { found = ToWholeRow(row); }));
  return found;
}

absl::Status ScanDelayedOf(store::Reader& db, Partition p, std::string_view user_id,
                           DelayedCallback on_row) {
  return db.Query("SELECT " PARLEY_DELAYED_FROM ", d.content" PARLEY_DELAYED_JOIN
                  "WHERE d.p = $1 AND d.user_id = $2",
                  {p, user_id}, [&](const store::Row& row) { on_row(ToWholeRow(row)); });
}

absl::StatusOr<std::vector<std::string>> FinalisedBefore(store::Reader& db, Partition p,
                                                         int64_t before) {
  std::vector<std::string> ids;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT delay_id FROM calls_delayed_state WHERE p = $1 AND finalised_at > 0 AND "
               "finalised_at < $2 LIMIT 1000",
               {p, before}, [&](const store::Row& row) { ids.push_back(row.String(0)); }));
  return ids;
}

}  // namespace parley::calls
