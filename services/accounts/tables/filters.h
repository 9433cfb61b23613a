#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"

// accounts_filters: filters as canonical JSON, numbered from 0 for each user.
namespace parley::accounts::tables {

absl::StatusOr<std::optional<std::string>> FindFilter(store::Reader& reader, Partition partition,
                                                      std::string_view user_id, int64_t filter_id);
// The number of this very filter, if it is stored.
absl::StatusOr<std::optional<int64_t>> FindFilterId(store::Reader& reader, Partition partition,
                                                    std::string_view user_id, std::string_view json);
absl::StatusOr<int64_t> NextFilterId(store::Reader& reader, Partition partition, std::string_view user_id);
void PutFilter(store::Batch& batch, Partition partition, std::string_view user_id, int64_t filter_id,
               std::string_view json);

}  // namespace parley::accounts::tables
