#include "services/accounts/account_data.h"

#include <algorithm>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"
#include "services/accounts/tables/account.h"

namespace parley::accounts {
namespace {

constexpr std::string_view kFullyRead = "m.fully_read";
constexpr std::string_view kPushRules = "m.push_rules";
constexpr std::string_view kTag = "m.tag";
constexpr size_t kMaxTypeBytes = 255;
constexpr size_t kMaxTagBytes = 255;

absl::Status CheckMaySet(const DatumKey& key) {
  const auto& [room_id, type] = key;
  PARLEY_RETURN_IF_ERROR(CheckLength("type", type, kMaxTypeBytes));
  if (type.empty()) return InvalidParam("The type must not be empty");
  if (type == kPushRules || type == kFullyRead) {
    return Matrix(405, "M_BAD_JSON", "This type is managed by the server and has endpoints of its own");
  }
  return absl::OkStatus();
}

json::Object ReadObject(const Account& account, const DatumKey& key) {
  const auto found = account.data.find(key);
  if (found == account.data.end()) return {};
  auto content = json::ParseObject(found->second.content);
  return content.ok() ? *std::move(content) : json::Object();
}

json::Object TagsOf(const Account& account, const std::string& room_id) {
  const json::Object content = ReadObject(account, {room_id, std::string(kTag)});
  const json::Object* tags = json::FindObject(content, "tags");
  return tags == nullptr ? json::Object() : *tags;
}

// `from` is in m.direct: `to` joins it in the same lists. True if anything changed.
bool AddToDirect(json::Object& direct, const std::string& from, const std::string& to) {
  bool changed = false;
  for (auto& [user, rooms] : direct) {
    json::Array* list = rooms.AsArray();
    if (list == nullptr) continue;
    const auto has = [&](const std::string& room) {
      return std::find(list->begin(), list->end(), json::Value(room)) != list->end();
    };
    if (!has(from) || has(to)) continue;
    list->push_back(to);
    changed = true;
  }
  return changed;
}

}  // namespace

absl::StatusOr<std::string> AccountData::Get(const UserId& user, const DatumKey& key) {
  PARLEY_TRY(const LockedAccount account, deps_.accounts.LockExisting(user));
  const auto found = account->data.find(key);
  if (found == account->data.end()) return NotFound("There is no such account data");
  return found->second.content;
}

absl::StatusOr<int64_t> AccountData::Set(const UserId& user, const DatumKey& key, std::string_view content) {
  PARLEY_RETURN_IF_ERROR(CheckMaySet(key));
  PARLEY_TRY(const json::Object object, ParseBody(content));
  std::string canonical = json::Serialize(object);
  if (canonical.size() > deps_.config.max_account_data_bytes) return TooLarge("The content is too large");
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  return Write(account, key, std::move(canonical));
}

absl::StatusOr<int64_t> AccountData::SetFullyRead(const UserId& user, const std::string& room_id,
                                                  const std::string& event_id) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  return Write(account, {room_id, std::string(kFullyRead)}, json::Serialize(json::Object{{"event_id", event_id}}));
}

absl::StatusOr<int64_t> AccountData::Write(LockedAccount& account, const DatumKey& key, std::string content) {
  Datum datum{std::move(content), 0};
  PARLEY_TRY(const int64_t position, deps_.changes.Commit(account, [&](store::Batch& batch, int64_t at) {
    datum.position = at;
    tables::PutDatum(batch, *account, key, datum);
  }));
  account->data[key] = std::move(datum);
  account->last_change = position;
  return position;
}

absl::StatusOr<json::Object> AccountData::GetTags(const UserId& user, const std::string& room_id) {
  PARLEY_TRY(const LockedAccount account, deps_.accounts.LockExisting(user));
  return json::Object{{"tags", TagsOf(*account, room_id)}};
}

absl::Status AccountData::SetTag(const UserId& user, const std::string& room_id, const std::string& tag,
                                 const json::Object& body) {
  PARLEY_RETURN_IF_ERROR(CheckLength("tag", tag, kMaxTagBytes));
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  json::Object tags = TagsOf(*account, room_id);
  tags.Set(tag, body);
  std::string content = json::Serialize(json::Object{{"tags", std::move(tags)}});
  if (content.size() > deps_.config.max_account_data_bytes) return TooLarge("The room has too many tags");
  return Write(account, {room_id, std::string(kTag)}, std::move(content)).status();
}

absl::Status AccountData::DeleteTag(const UserId& user, const std::string& room_id, const std::string& tag) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  json::Object tags = TagsOf(*account, room_id);
  if (!tags.Erase(tag)) return absl::OkStatus();
  return Write(account, {room_id, std::string(kTag)}, json::Serialize(json::Object{{"tags", std::move(tags)}}))
      .status();
}

absl::Status AccountData::CopyRoom(const UserId& user, const std::string& from_room, const std::string& to_room) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  const DatumKey new_tags{to_room, std::string(kTag)};
  const auto old_tags = account->data.find({from_room, std::string(kTag)});
  if (old_tags != account->data.end() && !account->data.contains(new_tags)) {
    PARLEY_RETURN_IF_ERROR(Write(account, new_tags, std::string(old_tags->second.content)).status());
  }
  json::Object direct = ReadObject(*account, {"", "m.direct"});
  if (!AddToDirect(direct, from_room, to_room)) return absl::OkStatus();
  return Write(account, {"", "m.direct"}, json::Serialize(direct)).status();
}

std::vector<std::string> IgnoredUsers(const Account& account) {
  std::vector<std::string> users;
  const json::Object content = ReadObject(account, {"", "m.ignored_user_list"});
  const json::Object* ignored = json::FindObject(content, "ignored_users");
  if (ignored == nullptr) return users;
  for (const auto& [user, settings] : *ignored) {
    if (user != account.id.str()) users.push_back(user);
  }
  return users;
}

}  // namespace parley::accounts
