#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"

// accounts_uia: sessions of user-interactive authentication, each sealed with a key that only its id gives.
namespace parley::accounts::tables {

absl::StatusOr<std::optional<std::string>> FindUiaSession(store::Reader& reader, Partition partition,
                                                          std::string_view id_hash, int64_t now_ms);
void PutUiaSession(store::Batch& batch, Partition partition, std::string_view id_hash, std::string_view sealed,
                   int64_t ends_at_ms);
void DeleteUiaSession(store::Batch& batch, Partition partition, std::string_view id_hash);
void PruneUiaSessions(store::Batch& batch, Partition partition, int64_t now_ms);

}  // namespace parley::accounts::tables
