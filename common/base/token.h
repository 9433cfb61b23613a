#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/partition.h"
#include "common/base/rng.h"

// Opaque ids that say where they live: "<kind>_<partition>_<random>" in URL-safe characters, for example
// "pat_7_3kZ…". The kind is a short prefix so that secret scanners and people see what it is.
namespace parley {

// A new one with `bytes` random bytes (32 for secrets, 16 for ids).
std::string MakeToken(std::string_view kind, Partition partition, size_t bytes, Rng& rng);

// The partition inside `token`, if it is of this kind, well formed and below `partitions`.
std::optional<Partition> TokenPartition(std::string_view kind, std::string_view token, uint32_t partitions);
// The same for a token of whatever kind.
std::optional<Partition> TokenPartition(std::string_view token, uint32_t partitions);

}  // namespace parley
