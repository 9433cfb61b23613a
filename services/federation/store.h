#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"
#include "common/store/schema.h"

// The tables of federation: the signing keys of other servers.
namespace parley::federation {

inline constexpr std::string_view kStream = "federation";

// A key that a server has, or once had. Kept also when the server does not tell of it any more:
// what it signed stands.
struct KeyRow {
  std::string key_id;
  std::string public_key;  // 32 raw bytes
  int64_t valid_until = 0;
  std::optional<int64_t> expired_at;  // of a key that is used no more
};

// The latest document of a server, as it signed it: for those who ask us as a notary.
struct KeyDocumentRow {
  int64_t fetched_at = 0;
  int64_t valid_until = 0;
  std::string json;
};

std::vector<store::Migration> Migrations();

// `p` is the partition of the server's name.
void SaveKey(store::Batch& batch, Partition p, std::string_view server_name, const KeyRow& row);
void SaveKeyDocument(store::Batch& batch, Partition p, std::string_view server_name,
                     const KeyDocumentRow& row);
absl::StatusOr<std::vector<KeyRow>> FindKeys(store::Reader& db, Partition p,
                                             std::string_view server_name);
absl::StatusOr<std::optional<KeyDocumentRow>> FindKeyDocument(store::Reader& db, Partition p,
                                                              std::string_view server_name);

}  // namespace parley::federation
