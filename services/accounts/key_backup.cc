#include "services/accounts/key_backup.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <absl/strings/numbers.h>

#include "common/base/strings.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"

namespace parley::accounts {
namespace {

constexpr size_t kMaxIdBytes = 255;
constexpr size_t kMaxAlgorithmBytes = 255;
constexpr size_t kMaxAuthDataBytes = 64 << 10;

absl::Status NoSuchVersion() { return NotFound("Unknown backup version"); }

// Empty: the latest. A text that is no number names no version.
absl::StatusOr<std::optional<int64_t>> ParseVersion(const std::string& version) {
  if (version.empty()) return std::nullopt;
  int64_t number = 0;
  if (!absl::SimpleAtoi(version, &number)) return NoSuchVersion();
  return number;
}

struct Description {
  std::string algorithm;
  std::string auth_data;
};

absl::StatusOr<Description> ReadDescription(const json::Object& body) {
  Description description;
  PARLEY_TRY(description.algorithm, RequiredString(body, "algorithm"));
  PARLEY_RETURN_IF_ERROR(CheckLength("algorithm", description.algorithm, kMaxAlgorithmBytes));
  PARLEY_TRY(const json::Object* auth_data, RequiredObject(body, "auth_data"));
  description.auth_data = json::Serialize(*auth_data);
  if (description.auth_data.size() > kMaxAuthDataBytes) return TooLarge("'auth_data' is too large");
  return description;
}

absl::StatusOr<tables::BackupKey> ReadKey(const std::string& room_id, const std::string& session_id,
                                          const json::Object& body) {
  PARLEY_RETURN_IF_ERROR(RoomId::Parse(room_id).status());
  if (session_id.empty()) return InvalidParam("The session id must not be empty");
  PARLEY_RETURN_IF_ERROR(CheckLength("session_id", session_id, kMaxIdBytes));
  tables::BackupKey key;
  key.room_id = room_id;
  key.session_id = session_id;
  PARLEY_TRY(key.first_message_index, RequiredInt(body, "first_message_index"));
  PARLEY_TRY(key.forwarded_count, RequiredInt(body, "forwarded_count"));
  if (key.first_message_index < 0 || key.forwarded_count < 0) return InvalidParam("Counts must not be negative");
  PARLEY_TRY(key.is_verified, OptionalBool(body, "is_verified", false));
  PARLEY_TRY(const json::Object* data, RequiredObject(body, "session_data"));
  key.session_data = json::Serialize(*data);
  return key;
}

absl::Status ReadRoom(const std::string& room_id, const json::Object& body, std::vector<tables::BackupKey>& keys) {
  PARLEY_TRY(const json::Object* sessions, RequiredObject(body, "sessions"));
  for (const auto& [session_id, session] : *sessions) {
    if (!session.is_object()) return BadJson("A session must be an object");
    PARLEY_TRY(tables::BackupKey key, ReadKey(room_id, session_id, *session.AsObject()));
    keys.push_back(std::move(key));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<tables::BackupKey>> ReadKeys(const v1::RoomKeysRequest& request) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  std::vector<tables::BackupKey> keys;
  if (!request.session_id().empty()) {
    PARLEY_TRY(tables::BackupKey key, ReadKey(request.room_id(), request.session_id(), body));
    keys.push_back(std::move(key));
  } else if (!request.room_id().empty()) {
    PARLEY_RETURN_IF_ERROR(ReadRoom(request.room_id(), body, keys));
  } else {
    PARLEY_TRY(const json::Object* rooms, RequiredObject(body, "rooms"));
    for (const auto& [room_id, room] : *rooms) {
      if (!room.is_object()) return BadJson("A room must be an object");
      PARLEY_RETURN_IF_ERROR(ReadRoom(room_id, *room.AsObject(), keys));
    }
  }
  return keys;
}

void WriteKey(json::Writer& writer, const tables::BackupKey& key) {
  writer.BeginObject().Key("first_message_index").Int(key.first_message_index);
  writer.Key("forwarded_count").Int(key.forwarded_count).Key("is_verified").Bool(key.is_verified);
  writer.Key("session_data").Raw(key.session_data).EndObject();
}

// The sessions of the rooms in `keys`, which are in the order of rooms.
void WriteRooms(json::Writer& writer, const std::vector<tables::BackupKey>& keys) {
  writer.BeginObject();
  for (size_t i = 0; i < keys.size();) {
    const std::string& room_id = keys[i].room_id;
    writer.Key(room_id).BeginObject().Key("sessions").BeginObject();
    for (; i < keys.size() && keys[i].room_id == room_id; ++i) {
      writer.Key(keys[i].session_id);
      WriteKey(writer, keys[i]);
    }
    writer.EndObject().EndObject();
  }
  writer.EndObject();
}

json::Object CountAndEtag(const tables::Backup& backup) {
  return {{"count", backup.key_count}, {"etag", std::to_string(backup.etag)}};
}

}  // namespace

bool IsBetterKey(const tables::BackupKey& candidate, const tables::BackupKey& stored) {
  if (candidate.is_verified != stored.is_verified) return candidate.is_verified;
  if (candidate.first_message_index != stored.first_message_index) {
    return candidate.first_message_index < stored.first_message_index;
  }
  return candidate.forwarded_count < stored.forwarded_count;
}

absl::StatusOr<tables::Backup> KeyBackup::Find(const UserId& user, const std::string& version) {
  PARLEY_TRY(const std::optional<int64_t> number, ParseVersion(version));
  std::optional<tables::Backup> found;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(found, tables::FindBackup(reader, deps_.accounts.PartitionOfUser(user), user.str(), number));
    return absl::OkStatus();
  }));
  if (!found) return version.empty() ? NotFound("There is no backup") : NoSuchVersion();
  return *std::move(found);
}

absl::StatusOr<tables::Backup> KeyBackup::FindToWrite(const UserId& user, const std::string& version) {
  if (version.empty()) return MissingParam("Missing 'version'");
  PARLEY_RETURN_IF_ERROR(Find(user, version).status());
  PARLEY_TRY(tables::Backup current, Find(user, ""));
  if (std::to_string(current.version) == version) return current;
  return ToStatus({403, "M_WRONG_ROOM_KEYS_VERSION", "This is not the current backup version",
                   StrCat("\"current_version\":\"", current.version, "\"")});
}

absl::Status KeyBackup::Store(LockedAccount& account, const tables::Backup& backup, store::Batch batch) {
  tables::PutBackup(batch, account->partition, account->id.str(), backup);
  return deps_.changes.CommitQuietly(account->partition, std::move(batch));
}

absl::StatusOr<json::Object> KeyBackup::Create(const UserId& user, const json::Object& body) {
  PARLEY_TRY(const Description description, ReadDescription(body));
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  tables::Backup backup{0, description.algorithm, description.auth_data};
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(backup.version, tables::NextBackupVersion(reader, account->partition, user.str()));
    return absl::OkStatus();
  }));
  PARLEY_RETURN_IF_ERROR(Store(account, backup, {}));
  return json::Object{{"version", std::to_string(backup.version)}};
}

absl::StatusOr<json::Object> KeyBackup::Get(const UserId& user, const std::string& version) {
  PARLEY_TRY(const tables::Backup backup, Find(user, version));
  PARLEY_TRY(json::Value auth_data, json::Parse(backup.auth_data));
  json::Object answer = CountAndEtag(backup);
  answer.Set("version", std::to_string(backup.version));
  answer.Set("algorithm", backup.algorithm);
  answer.Set("auth_data", std::move(auth_data));
  return answer;
}

absl::Status KeyBackup::Update(const UserId& user, const std::string& version, const json::Object& body) {
  PARLEY_TRY(const Description description, ReadDescription(body));
  PARLEY_TRY(const auto named, OptionalString(body, "version"));
  if (named && *named != version) return InvalidParam("'version' differs from the path's");
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  PARLEY_TRY(tables::Backup backup, Find(user, version));
  if (backup.algorithm != description.algorithm) return InvalidParam("The algorithm of a backup does not change");
  backup.auth_data = description.auth_data;
  return Store(account, backup, {});
}

absl::Status KeyBackup::Delete(const UserId& user, const std::string& version) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  PARLEY_TRY(tables::Backup backup, Find(user, version));
  backup.deleted = true;
  store::Batch batch;
  tables::DeleteBackupKeys(batch, account->partition, user.str(), backup.version, {});
  return Store(account, backup, std::move(batch));
}

absl::StatusOr<json::Object> KeyBackup::Put(const UserId& user, const v1::RoomKeysRequest& request) {
  PARLEY_TRY(const std::vector<tables::BackupKey> keys, ReadKeys(request));
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  PARLEY_TRY(tables::Backup backup, FindToWrite(user, request.version()));
  store::Batch batch;
  const auto compare = [&](store::Reader& reader) -> absl::Status {
    for (const tables::BackupKey& key : keys) {
      PARLEY_TRY(const auto stored, tables::ListBackupKeys(reader, account->partition, user.str(), backup.version,
                                                           {key.room_id, key.session_id}));
      if (!stored.empty() && !IsBetterKey(key, stored.front())) continue;
      if (stored.empty()) ++backup.key_count;
      tables::PutBackupKey(batch, account->partition, user.str(), backup.version, key);
    }
    return absl::OkStatus();
  };
  PARLEY_RETURN_IF_ERROR(deps_.store.Read(compare));
  if (!batch.empty()) {
    ++backup.etag;
    PARLEY_RETURN_IF_ERROR(Store(account, backup, std::move(batch)));
  }
  return CountAndEtag(backup);
}

absl::StatusOr<std::string> KeyBackup::GetKeys(const UserId& user, const v1::RoomKeysRequest& request) {
  if (request.version().empty()) return MissingParam("Missing 'version'");
  PARLEY_TRY(const tables::Backup backup, Find(user, request.version()));
  std::vector<tables::BackupKey> keys;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(keys, tables::ListBackupKeys(reader, deps_.accounts.PartitionOfUser(user), user.str(), backup.version,
                                            {request.room_id(), request.session_id()}));
    return absl::OkStatus();
  }));
  std::string answer;
  json::Writer writer(answer);
  if (!request.session_id().empty()) {
    if (keys.empty()) return NotFound("There is no such key in the backup");
    WriteKey(writer, keys.front());
  } else if (!request.room_id().empty()) {
    writer.BeginObject().Key("sessions").BeginObject();
    for (const tables::BackupKey& key : keys) {
      writer.Key(key.session_id);
      WriteKey(writer, key);
    }
    writer.EndObject().EndObject();
  } else {
    writer.BeginObject().Key("rooms");
    WriteRooms(writer, keys);
    writer.EndObject();
  }
  return answer;
}

absl::StatusOr<json::Object> KeyBackup::DeleteKeys(const UserId& user, const v1::RoomKeysRequest& request) {
  if (request.version().empty()) return MissingParam("Missing 'version'");
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  PARLEY_TRY(tables::Backup backup, Find(user, request.version()));
  const tables::BackupScope scope{request.room_id(), request.session_id()};
  std::vector<tables::BackupKey> gone;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(gone, tables::ListBackupKeys(reader, account->partition, user.str(), backup.version, scope));
    return absl::OkStatus();
  }));
  if (gone.empty()) return CountAndEtag(backup);
  backup.key_count -= static_cast<int64_t>(gone.size());
  ++backup.etag;
  store::Batch batch;
  tables::DeleteBackupKeys(batch, account->partition, user.str(), backup.version, scope);
  PARLEY_RETURN_IF_ERROR(Store(account, backup, std::move(batch)));
  return CountAndEtag(backup);
}

}  // namespace parley::accounts
