#include "services/accounts/tables/filters.h"

#include "common/status/macros.h"

namespace parley::accounts::tables {

absl::StatusOr<std::optional<std::string>> FindFilter(store::Reader& reader, Partition partition,
                                                      std::string_view user_id, int64_t filter_id) {
  return reader.QueryString("SELECT json FROM accounts_filters WHERE p = $1 AND user_id = $2 AND filter_id = $3",
                            {partition, user_id, filter_id});
}

absl::StatusOr<std::optional<int64_t>> FindFilterId(store::Reader& reader, Partition partition,
                                                    std::string_view user_id, std::string_view json) {
  return reader.QueryInt("SELECT filter_id FROM accounts_filters WHERE p = $1 AND user_id = $2 AND json = $3",
                         {partition, user_id, store::BytesView(json)});
}

absl::StatusOr<int64_t> NextFilterId(store::Reader& reader, Partition partition, std::string_view user_id) {
  PARLEY_TRY(const auto last,
             reader.QueryInt("SELECT MAX(filter_id) FROM accounts_filters WHERE p = $1 AND user_id = $2",
                             {partition, user_id}));
  return last ? *last + 1 : 0;
}

void PutFilter(store::Batch& batch, Partition partition, std::string_view user_id, int64_t filter_id,
               std::string_view json) {
  batch.Upsert("accounts_filters", {{"p", partition},
                                    {"user_id", user_id},
                                    {"filter_id", filter_id},
                                    {"json", store::Bytes(json)}});
}

}  // namespace parley::accounts::tables
