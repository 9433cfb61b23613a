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
#include "services/federation/outbound_board.h"

// The tables of what goes to other servers. A server's rows are in the partition of its name; the
// marks are in that of `events` which they speak of.
namespace parley::federation {

struct EduRow {
  // Of its kind to its server, for it to be replaced by a later one; or one of its own.
  std::string key;
  int64_t seq = 0;
  std::string json;
};

std::vector<store::Table> OutboundTables();

// Row and standing of one server; deletes them when all is well with it.
void SaveDestination(store::Batch& batch, Partition p, const DestinationRow& row);
void SaveMark(store::Batch& batch, Partition p, int64_t position);
void PutEdu(store::Batch& batch, Partition p, std::string_view destination, const EduRow& edu);
// Not a later one of the same key.
void DeleteEdu(store::Batch& batch, Partition p, std::string_view destination, const EduRow& edu);

// All up to this number.
void DeleteEdusUntil(store::Batch& batch, Partition p, std::string_view destination, int64_t seq);

// All that are behind, back off or have EDUs waiting.
absl::Status ScanDestinations(store::Reader& db, absl::FunctionRef<void(DestinationRow)> on_row);
absl::StatusOr<std::vector<int64_t>> ReadMarks(store::Reader& db, uint32_t partitions);
// The oldest that wait.
absl::StatusOr<std::vector<EduRow>> ReadEdus(store::Reader& db, Partition p,
                                             std::string_view destination, size_t limit);
// The highest number of those that are older than the newest `keep`.
absl::StatusOr<std::optional<int64_t>> LastEduBeyond(store::Reader& db, Partition p,
                                                     std::string_view destination, size_t keep);
// The highest number that an EDU of the table has.
absl::StatusOr<int64_t> LastEdu(store::Reader& db);

}  // namespace parley::federation
