#pragma once

#include <cstdint>
#include <string>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"
#include "services/accounts/tables/backups.h"

namespace parley::accounts {

// Backups of room keys on the server (Client-Server API, "Server-side key backups"). Users write to the latest version
// only: others get 403 M_WRONG_ROOM_KEYS_VERSION with `current_version`.
//
// Threads: every method may be called from any.
class KeyBackup {
 public:
  explicit KeyBackup(const Deps& deps) : deps_(deps) {}

  absl::StatusOr<json::Object> Create(const UserId& user, const json::Object& body);
  // The latest when `version` is empty. M_NOT_FOUND.
  absl::StatusOr<json::Object> Get(const UserId& user, const std::string& version);
  absl::Status Update(const UserId& user, const std::string& version, const json::Object& body);
  absl::Status Delete(const UserId& user, const std::string& version);

  // Of a version: all keys, those of a room, or one.
  absl::StatusOr<json::Object> Put(const UserId& user, const v1::RoomKeysRequest& request);
  absl::StatusOr<std::string> GetKeys(const UserId& user, const v1::RoomKeysRequest& request);
  absl::StatusOr<json::Object> DeleteKeys(const UserId& user, const v1::RoomKeysRequest& request);

 private:
  absl::StatusOr<tables::Backup> Find(const UserId& user, const std::string& version);
  absl::StatusOr<tables::Backup> FindToWrite(const UserId& user, const std::string& version);
  absl::Status Store(LockedAccount& account, const tables::Backup& backup, store::Batch batch);

  const Deps deps_;
};

// True if `candidate` is to replace `stored`: verified beats not verified, then an earlier first message, then fewer
// hands it went through.
bool IsBetterKey(const tables::BackupKey& candidate, const tables::BackupKey& stored);

}  // namespace parley::accounts
