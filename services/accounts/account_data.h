#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "services/accounts/deps.h"

namespace parley::accounts {

// Data that clients keep with the account, global and per room (Client-Server API, "Client Config"), tags among them.
// Threads: every method may be called from any.
class AccountData {
 public:
  explicit AccountData(const Deps& deps) : deps_(deps) {}

  // The content as JSON; M_NOT_FOUND. m.push_rules is not here but in PushRules.
  absl::StatusOr<std::string> Get(const UserId& user, const DatumKey& key);
  // What a client sets: M_BAD_JSON (405) for types that the server manages. Returns the position.
  absl::StatusOr<int64_t> Set(const UserId& user, const DatumKey& key, std::string_view content);
  absl::StatusOr<int64_t> SetFullyRead(const UserId& user, const std::string& room_id, const std::string& event_id);

  // The content of m.tag; {"tags": {}} when there is none.
  absl::StatusOr<json::Object> GetTags(const UserId& user, const std::string& room_id);
  absl::Status SetTag(const UserId& user, const std::string& room_id, const std::string& tag,
                      const json::Object& body);
  absl::Status DeleteTag(const UserId& user, const std::string& room_id, const std::string& tag);

  // Tags and the place in m.direct, from a room to the one that replaces it.
  absl::Status CopyRoom(const UserId& user, const std::string& from_room, const std::string& to_room);

 private:
  absl::StatusOr<int64_t> Write(LockedAccount& account, const DatumKey& key, std::string content);

  const Deps deps_;
};

// The users that m.ignored_user_list names.
std::vector<std::string> IgnoredUsers(const Account& account);

}  // namespace parley::accounts
