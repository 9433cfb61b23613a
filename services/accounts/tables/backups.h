#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"

// accounts_backups: versions of a user's key backup; accounts_backup_keys: the sessions inside.
namespace parley::accounts::tables {

struct Backup {
  int64_t version = 0;
  std::string algorithm;
  // JSON.
  std::string auth_data;
  int64_t etag = 0;
  int64_t key_count = 0;
  bool deleted = false;
};

// The latest when `version` is absent; deleted ones are not found.
absl::StatusOr<std::optional<Backup>> FindBackup(store::Reader& reader, Partition partition, std::string_view user_id,
                                                 std::optional<int64_t> version);
// One more than any before, deleted ones included.
absl::StatusOr<int64_t> NextBackupVersion(store::Reader& reader, Partition partition, std::string_view user_id);
void PutBackup(store::Batch& batch, Partition partition, std::string_view user_id, const Backup& backup);

struct BackupKey {
  std::string room_id;
  std::string session_id;
  int64_t first_message_index = 0;
  int64_t forwarded_count = 0;
  bool is_verified = false;
  // JSON.
  std::string session_data = {};
};

// Of which keys; empty: all.
struct BackupScope {
  std::string room_id;
  std::string session_id;
};

// In the order of rooms and sessions.
absl::StatusOr<std::vector<BackupKey>> ListBackupKeys(store::Reader& reader, Partition partition,
                                                      std::string_view user_id, int64_t version,
                                                      const BackupScope& scope);
void PutBackupKey(store::Batch& batch, Partition partition, std::string_view user_id, int64_t version,
                  const BackupKey& key);
void DeleteBackupKeys(store::Batch& batch, Partition partition, std::string_view user_id, int64_t version,
                      const BackupScope& scope);

}  // namespace parley::accounts::tables
