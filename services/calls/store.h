#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"
#include "common/store/schema.h"

// The tables of calls: delayed events. What was scheduled stands in one, what becomes of it in
// another, narrow one, so that a restart writes a few bytes whatever the event's size.
namespace parley::calls {

inline constexpr std::string_view kStream = "calls";

// Numbers are in the store.
enum class DelayedStatus { kScheduled = 0, kFiring = 1, kSent = 2, kCancelled = 3, kFailed = 4 };

struct DelayedRow {
  Partition partition = 0;
  std::string delay_id;
  std::string user_id;
  std::string device_id;
  std::string room_id;
  std::string type;
  std::optional<std::string> state_key;
  std::string txn_id;
  std::string content;
  int64_t delay_ms = 0;
  DelayedStatus status = DelayedStatus::kScheduled;
  int64_t running_since = 0;
  std::string event_id = {};  // once sent
  std::string error = {};     // once failed, as JSON
  int64_t finalised_at = 0;   // 0: not yet

  int64_t due_at() const { return running_since + delay_ms; }
  bool finalised() const { return finalised_at != 0; }
};

std::vector<store::Migration> Migrations();

void AddDelayed(store::Batch& batch, const DelayedRow& row);
void SetRunningSince(store::Batch& batch, Partition p, std::string_view delay_id,
                     int64_t running_since);
void SetStatus(store::Batch& batch, const DelayedRow& row);
void DeleteDelayed(store::Batch& batch, Partition p, std::string_view delay_id);

using DelayedCallback = absl::FunctionRef<void(DelayedRow)>;
// All of the partition that are not finalised, without their content.
absl::Status ScanScheduled(store::Reader& db, Partition p, DelayedCallback on_row);
absl::StatusOr<std::optional<DelayedRow>> FindDelayed(store::Reader& db, Partition p,
                                                      std::string_view delay_id);
absl::Status ScanDelayedOf(store::Reader& db, Partition p, std::string_view user_id,
                           DelayedCallback on_row);
absl::StatusOr<std::vector<std::string>> FinalisedBefore(store::Reader& db, Partition p,
                                                         int64_t before);

}  // namespace parley::calls
