#include "services/accounts/admin.h"

#include <algorithm>

#include "common/status/macros.h"
#include "services/accounts/tables/account.h"

namespace parley::accounts {
namespace {

constexpr uint32_t kDefaultLimit = 100;
constexpr uint32_t kMaxLimit = 1'000;

v1::User ToProto(const Account& account) {
  v1::User user;
  user.set_user_id(account.id.str());
  user.set_is_admin(account.flags.is_admin);
  user.set_is_guest(account.flags.is_guest);
  user.set_is_deactivated(account.flags.is_deactivated);
  user.set_is_locked(account.flags.is_locked);
  user.set_is_suspended(account.flags.is_suspended);
  user.set_created_at_ms(account.created_at_ms);
  user.set_device_list_position(account.device_list_position);
  return user;
}

}  // namespace

absl::StatusOr<v1::User> Admin::Get(const UserId& user) {
  PARLEY_TRY(const LockedAccount account, deps_.accounts.LockExisting(user));
  return ToProto(*account);
}

absl::StatusOr<std::vector<v1::User>> Admin::List(std::string_view after, uint32_t limit) {
  limit = std::min(limit == 0 ? kDefaultLimit : limit, kMaxLimit);
  std::vector<v1::User> users;
  const auto read = [&](store::Reader& reader) -> absl::Status {
    for (Partition partition = 0; partition < deps_.changes.partitions(); ++partition) {
      PARLEY_TRY(const auto some, tables::ListUsers(reader, partition, after, limit));
      for (const Account& account : some) users.push_back(ToProto(account));
    }
    return absl::OkStatus();
  };
  PARLEY_RETURN_IF_ERROR(deps_.store.Read(read));
  std::sort(users.begin(), users.end(),
            [](const v1::User& a, const v1::User& b) { return a.user_id() < b.user_id(); });
  if (users.size() > limit) users.resize(limit);
  return users;
}

absl::Status Admin::SetFlags(const v1::SetUserFlagsRequest& request) {
  PARLEY_TRY(const UserId user, UserId::Parse(request.user_id()));
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  UserFlags flags = account->flags;
  if (request.has_is_admin()) flags.is_admin = request.is_admin();
  if (request.has_is_locked()) flags.is_locked = request.is_locked();
  if (request.has_is_suspended()) flags.is_suspended = request.is_suspended();
  PARLEY_RETURN_IF_ERROR(deps_.changes
                             .CommitOfTokens(account, [&](store::Batch& batch, int64_t) {
                               tables::SetFlags(batch, *account, flags);
                             })
                             .status());
  account->flags = flags;
  return absl::OkStatus();
}

absl::StatusOr<json::Object> Admin::Whois(const UserId& user) {
  PARLEY_TRY(const LockedAccount account, deps_.accounts.LockExisting(user));
  json::Object devices;
  for (const auto& [device_id, device] : account->devices) {
    json::Object connection = {{"ip", device.last_seen_ip},
                               {"last_seen", device.last_seen_ms},
                               {"user_agent", device.last_seen_agent}};
    json::Object session = {{"connections", json::Array{std::move(connection)}}};
    devices.Set(device_id, json::Object{{"sessions", json::Array{std::move(session)}}});
  }
  return json::Object{{"user_id", user.str()}, {"devices", std::move(devices)}};
}

}  // namespace parley::accounts
