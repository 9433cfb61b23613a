#include "services/accounts/tables/pushers.h"

#include "common/status/macros.h"

namespace parley::accounts::tables {

absl::StatusOr<std::vector<Pusher>> ListPushers(store::Reader& reader, Partition partition,
                                                std::string_view user_id) {
  std::vector<Pusher> pushers;
  PARLEY_RETURN_IF_ERROR(
      reader.Query("SELECT app_id, pushkey, device_id, json FROM accounts_pushers "
                   "WHERE p = $1 AND user_id = $2 ORDER BY app_id, pushkey",
                   {partition, user_id}, [&](const store::Row& row) {
                     pushers.push_back({std::string(user_id), row.String(0), row.String(1),
                                        row.String(2), row.String(3)});
                   }));
  return pushers;
}

absl::StatusOr<std::vector<std::string>> FindPusherOwners(store::Reader& reader,
                                                          Partition partition,
                                                          std::string_view app_id,
                                                          std::string_view pushkey) {
  std::vector<std::string> owners;
  PARLEY_RETURN_IF_ERROR(reader.Query(
      "SELECT user_id FROM accounts_pushers WHERE p = $1 AND app_id = $2 AND pushkey = $3",
      {partition, app_id, pushkey},
      [&](const store::Row& row) { owners.push_back(row.String(0)); }));
  return owners;
}

void PutPusher(store::Batch& batch, Partition partition, const Pusher& pusher) {
  batch.Upsert("accounts_pushers", {{"p", partition},
                                    {"user_id", pusher.user_id},
                                    {"app_id", pusher.app_id},
                                    {"pushkey", pusher.pushkey},
                                    {"device_id", pusher.device_id},
                                    {"json", store::Bytes(pusher.json)}});
}

void DeletePusher(store::Batch& batch, Partition partition, std::string_view user_id,
                  std::string_view app_id, std::string_view pushkey) {
  batch.Delete("accounts_pushers",
               {{"p", partition}, {"user_id", user_id}, {"app_id", app_id}, {"pushkey", pushkey}});
}

}  // namespace parley::accounts::tables
