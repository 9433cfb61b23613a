#include "services/accounts/tables/backups.h"

#include "common/status/macros.h"

namespace parley::accounts::tables {
namespace {

constexpr std::string_view kLatestSql =
    "SELECT version, algorithm, auth_data, etag, key_count FROM accounts_backups "
    "WHERE p = $1 AND user_id = $2 AND deleted = 0 ORDER BY version DESC LIMIT 1";
constexpr std::string_view kVersionSql =
    "SELECT version, algorithm, auth_data, etag, key_count FROM accounts_backups "
    "WHERE p = $1 AND user_id = $2 AND deleted = 0 AND version = $3";
constexpr std::string_view kAllKeysSql =
    "SELECT room_id, session_id, first_message_index, forwarded_count, is_verified, session_data "
    "FROM accounts_backup_keys WHERE p = $1 AND user_id = $2 AND version = $3 ORDER BY room_id, session_id";
constexpr std::string_view kRoomKeysSql =
    "SELECT room_id, session_id, first_message_index, forwarded_count, is_verified, session_data "
    "FROM accounts_backup_keys WHERE p = $1 AND user_id = $2 AND version = $3 AND room_id = $4 ORDER BY session_id";
constexpr std::string_view kOneKeySql =
    "SELECT room_id, session_id, first_message_index, forwarded_count, is_verified, session_data "
    "FROM accounts_backup_keys WHERE p = $1 AND user_id = $2 AND version = $3 AND room_id = $4 AND session_id = $5";

}  // namespace

absl::StatusOr<std::optional<Backup>> FindBackup(store::Reader& reader, Partition partition, std::string_view user_id,
                                                 std::optional<int64_t> version) {
  std::optional<Backup> found;
  const auto on_row = [&](const store::Row& row) {
    found = Backup{row.Int(0), row.String(1), row.String(2), row.Int(3), row.Int(4)};
  };
  PARLEY_RETURN_IF_ERROR(version ? reader.Query(kVersionSql, {partition, user_id, *version}, on_row)
                                 : reader.Query(kLatestSql, {partition, user_id}, on_row));
  return found;
}

absl::StatusOr<int64_t> NextBackupVersion(store::Reader& reader, Partition partition, std::string_view user_id) {
  PARLEY_TRY(const auto last,
             reader.QueryInt("SELECT MAX(version) FROM accounts_backups WHERE p = $1 AND user_id = $2",
                             {partition, user_id}));
  return last.value_or(0) + 1;
}

void PutBackup(store::Batch& batch, Partition partition, std::string_view user_id, const Backup& backup) {
  batch.Upsert("accounts_backups", {{"p", partition},
                                    {"user_id", user_id},
                                    {"version", backup.version},
                                    {"algorithm", backup.algorithm},
                                    {"auth_data", store::Bytes(backup.auth_data)},
                                    {"etag", backup.etag},
                                    {"key_count", backup.key_count},
                                    {"deleted", backup.deleted}});
}

absl::StatusOr<std::vector<BackupKey>> ListBackupKeys(store::Reader& reader, Partition partition,
                                                      std::string_view user_id, int64_t version,
                                                      const BackupScope& scope) {
  std::vector<BackupKey> keys;
  const auto on_row = [&](const store::Row& row) {
    keys.push_back({row.String(0), row.String(1), row.Int(2), row.Int(3), row.Int(4) != 0, row.String(5)});
  };
  if (!scope.session_id.empty()) {
    PARLEY_RETURN_IF_ERROR(
        reader.Query(kOneKeySql, {partition, user_id, version, scope.room_id, scope.session_id}, on_row));
  } else if (!scope.room_id.empty()) {
    PARLEY_RETURN_IF_ERROR(reader.Query(kRoomKeysSql, {partition, user_id, version, scope.room_id}, on_row));
  } else {
    PARLEY_RETURN_IF_ERROR(reader.Query(kAllKeysSql, {partition, user_id, version}, on_row));
  }
  return keys;
}

void PutBackupKey(store::Batch& batch, Partition partition, std::string_view user_id, int64_t version,
                  const BackupKey& key) {
  batch.Upsert("accounts_backup_keys", {{"p", partition},
                                        {"user_id", user_id},
                                        {"version", version},
                                        {"room_id", key.room_id},
                                        {"session_id", key.session_id},
                                        {"first_message_index", key.first_message_index},
                                        {"forwarded_count", key.forwarded_count},
                                        {"is_verified", key.is_verified},
                                        {"session_data", store::Bytes(key.session_data)}});
}

void DeleteBackupKeys(store::Batch& batch, Partition partition, std::string_view user_id, int64_t version,
                      const BackupScope& scope) {
  if (!scope.session_id.empty()) {
    batch.Delete("accounts_backup_keys", {{"p", partition},
                                          {"user_id", user_id},
                                          {"version", version},
                                          {"room_id", scope.room_id},
                                          {"session_id", scope.session_id}});
  } else if (!scope.room_id.empty()) {
    batch.Delete("accounts_backup_keys",
                 {{"p", partition}, {"user_id", user_id}, {"version", version}, {"room_id", scope.room_id}});
  } else {
    batch.Delete("accounts_backup_keys", {{"p", partition}, {"user_id", user_id}, {"version", version}});
  }
}

}  // namespace parley::accounts::tables
