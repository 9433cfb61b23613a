#include "services/accounts/tables/inbox.h"

#include "common/status/macros.h"

namespace parley::accounts::tables {

void PutInboxEvent(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view device_id,
                   int64_t position, std::string_view json) {
  batch.Insert("accounts_to_device", {{"p", partition},
                                      {"user_id", user_id},
                                      {"device_id", device_id},
                                      {"position", position},
                                      {"event", store::Bytes(json)}});
}

absl::StatusOr<std::vector<InboxEvent>> ReadInbox(store::Reader& reader, Partition partition, std::string_view user_id,
                                                  std::string_view device_id, int64_t since, uint32_t limit) {
  std::vector<InboxEvent> events;
  PARLEY_RETURN_IF_ERROR(reader.Query(
      "SELECT position, event FROM accounts_to_device WHERE p = $1 AND user_id = $2 AND device_id = $3 "
      "AND position > $4 ORDER BY position LIMIT $5",
      {partition, user_id, device_id, since, limit},
      [&](const store::Row& row) { events.push_back({row.Int(0), row.String(1)}); }));
  return events;
}

absl::StatusOr<InboxSize> MeasureInbox(store::Reader& reader, Partition partition, std::string_view user_id,
                                       std::string_view device_id, int64_t since) {
  InboxSize size;
  PARLEY_RETURN_IF_ERROR(reader.Query(
      "SELECT COUNT(*), COALESCE(SUM(length(event)), 0) FROM accounts_to_device "
      "WHERE p = $1 AND user_id = $2 AND device_id = $3 AND position > $4",
      {partition, user_id, device_id, since}, [&](const store::Row& row) { size = {row.Int(0), row.Int(1)}; }));
  return size;
}

absl::StatusOr<int64_t> InboxCut(store::Reader& reader, Partition partition, std::string_view user_id,
                                 std::string_view device_id, InboxSize keep) {
  int64_t cut = 0;
  InboxSize kept;
  PARLEY_RETURN_IF_ERROR(reader.Query(
      "SELECT position, length(event) FROM accounts_to_device WHERE p = $1 AND user_id = $2 AND device_id = $3 "
      "ORDER BY position DESC",
      {partition, user_id, device_id}, [&](const store::Row& row) {
        ++kept.count;
        kept.bytes += row.Int(1);
        const bool is_beyond = kept.count > keep.count || kept.bytes > keep.bytes;
        if (is_beyond && cut == 0) cut = row.Int(0);
      }));
  return cut;
}

void DeleteInbox(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view device_id,
                 int64_t until) {
  batch.DeleteRange("accounts_to_device", {{"p", partition}, {"user_id", user_id}, {"device_id", device_id}},
                    "position", 0, until + 1);
}

absl::StatusOr<bool> HasTransaction(store::Reader& reader, Partition partition, const Transaction& transaction) {
  return reader.QueryOne(
      "SELECT at_ms FROM accounts_to_device_txns WHERE p = $1 AND sender = $2 AND device_id = $3 AND txn_id = $4",
      {partition, transaction.sender, transaction.device_id, transaction.txn_id}, [](const store::Row&) {});
}

void PutTransaction(store::Batch& batch, Partition partition, const Transaction& transaction, int64_t now_ms) {
  batch.InsertOrIgnore("accounts_to_device_txns", {{"p", partition},
                                                   {"sender", transaction.sender},
                                                   {"device_id", transaction.device_id},
                                                   {"txn_id", transaction.txn_id},
                                                   {"at_ms", now_ms}});
}

void PruneTransactions(store::Batch& batch, Partition partition, int64_t before_ms) {
  batch.DeleteRange("accounts_to_device_txns", {{"p", partition}}, "at_ms", 0, before_ms);
}

}  // namespace parley::accounts::tables
