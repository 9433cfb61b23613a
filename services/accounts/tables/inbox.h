#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"

// accounts_to_device: messages that wait for a device; accounts_to_device_txns: what a recipient's partition
// remembers of a sender's transactions.
namespace parley::accounts::tables {

struct InboxEvent {
  int64_t position = 0;
  // As the client gets it.
  std::string json;
};

void PutInboxEvent(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view device_id,
                   int64_t position, std::string_view json);
// Oldest first, after `since`.
absl::StatusOr<std::vector<InboxEvent>> ReadInbox(store::Reader& reader, Partition partition, std::string_view user_id,
                                                  std::string_view device_id, int64_t since, uint32_t limit);
// What waits after `since`.
struct InboxSize {
  int64_t count = 0;
  int64_t bytes = 0;
};
absl::StatusOr<InboxSize> MeasureInbox(store::Reader& reader, Partition partition, std::string_view user_id,
                                       std::string_view device_id, int64_t since);
// The position up to which messages must go, so that what stays is within `keep`; 0: all may stay.
absl::StatusOr<int64_t> InboxCut(store::Reader& reader, Partition partition, std::string_view user_id,
                                 std::string_view device_id, InboxSize keep);
// Up to `until`, inclusive.
void DeleteInbox(store::Batch& batch, Partition partition, std::string_view user_id, std::string_view device_id,
                 int64_t until);

struct Transaction {
  std::string sender;
  std::string device_id;
  std::string txn_id;
};

absl::StatusOr<bool> HasTransaction(store::Reader& reader, Partition partition, const Transaction& transaction);
void PutTransaction(store::Batch& batch, Partition partition, const Transaction& transaction, int64_t now_ms);
void PruneTransactions(store::Batch& batch, Partition partition, int64_t before_ms);

}  // namespace parley::accounts::tables
