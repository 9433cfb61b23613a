#include "services/accounts/tables/uia.h"

#include "common/status/macros.h"

namespace parley::accounts::tables {

absl::StatusOr<std::optional<std::string>> FindUiaSession(store::Reader& reader, Partition partition,
                                                          std::string_view id_hash, int64_t now_ms) {
  std::optional<std::string> found;
  PARLEY_RETURN_IF_ERROR(
      reader.Query("SELECT session FROM accounts_uia WHERE p = $1 AND id_hash = $2 AND ends_at_ms > $3",
                   {partition, store::BytesView(id_hash), now_ms},
                   [&](const store::Row& row) { found = row.String(0); }));
  return found;
}

void PutUiaSession(store::Batch& batch, Partition partition, std::string_view id_hash, std::string_view sealed,
                   int64_t ends_at_ms) {
  batch.Upsert("accounts_uia", {{"p", partition},
                                {"id_hash", store::Bytes(id_hash)},
                                {"session", store::Bytes(sealed)},
                                {"ends_at_ms", ends_at_ms}});
}

void DeleteUiaSession(store::Batch& batch, Partition partition, std::string_view id_hash) {
  batch.Delete("accounts_uia", {{"p", partition}, {"id_hash", store::Bytes(id_hash)}});
}

void PruneUiaSessions(store::Batch& batch, Partition partition, int64_t now_ms) {
  batch.DeleteRange("accounts_uia", {{"p", partition}}, "ends_at_ms", 0, now_ms);
}

}  // namespace parley::accounts::tables
