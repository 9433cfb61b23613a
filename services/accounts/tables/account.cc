#include "services/accounts/tables/account.h"

#include <algorithm>

#include "common/status/macros.h"

namespace parley::accounts::tables {
namespace {

constexpr int64_t kAdmin = 1, kGuest = 2, kDeactivated = 4, kLocked = 8, kSuspended = 16;

int64_t ToBits(const UserFlags& flags) {
  return (flags.is_admin ? kAdmin : 0) | (flags.is_guest ? kGuest : 0) | (flags.is_deactivated ? kDeactivated : 0) |
         (flags.is_locked ? kLocked : 0) | (flags.is_suspended ? kSuspended : 0);
}

UserFlags FromBits(int64_t bits) {
  return {(bits & kAdmin) != 0, (bits & kGuest) != 0, (bits & kDeactivated) != 0, (bits & kLocked) != 0,
          (bits & kSuspended) != 0};
}

constexpr std::string_view kUserSql =
    "SELECT password_hash, flags, created_at_ms, push_rules, push_rules_position, device_list_position "
    "FROM accounts_users WHERE p = $1 AND user_id = $2";
constexpr std::string_view kDevicesSql =
    "SELECT device_id, display_name, last_seen_ms, last_seen_ip, last_seen_agent, length(keys) "
    "FROM accounts_devices WHERE p = $1 AND user_id = $2";
constexpr std::string_view kOneTimeKeysSql =
    "SELECT device_id, algorithm, COUNT(*) FROM accounts_one_time_keys WHERE p = $1 AND user_id = $2 "
    "GROUP BY device_id, algorithm";
constexpr std::string_view kFallbackSql =
    "SELECT device_id, algorithm, used FROM accounts_fallback_keys WHERE p = $1 AND user_id = $2";
constexpr std::string_view kInboxSql =
    "SELECT device_id, MIN(position), MAX(position), COUNT(*), SUM(length(event)) FROM accounts_to_device "
    "WHERE p = $1 AND user_id = $2 GROUP BY device_id";
constexpr std::string_view kMembershipsSql =
    "SELECT room_id, membership, position, event_id, sender, recorded_at, forgotten, joined_recorded_at "
    "FROM accounts_memberships WHERE p = $1 AND user_id = $2";
constexpr std::string_view kDataSql =
    "SELECT room_id, type, content, position FROM accounts_data WHERE p = $1 AND user_id = $2";
constexpr std::string_view kSignedSql =
    "SELECT target, MAX(position) FROM accounts_signatures WHERE p = $1 AND signer = $2 AND target <> $2 "
    "GROUP BY target";

void Seen(Account& account, int64_t position) { account.last_change = std::max(account.last_change, position); }

absl::Status ReadUser(store::Reader& reader, Account& account) {
  return reader.Query(kUserSql, {account.partition, account.id.str()}, [&](const store::Row& row) {
    account.exists = true;
    account.password_hash = row.String(0);
    account.flags = FromBits(row.Int(1));
    account.created_at_ms = row.Int(2);
    account.push_rules = row.String(3);
    account.push_rules_position = row.Int(4);
    account.device_list_position = row.Int(5);
    Seen(account, std::max(account.push_rules_position, account.device_list_position));
  });
}

absl::Status ReadDevices(store::Reader& reader, Account& account) {
  const auto args = {store::Arg(account.partition), store::Arg(account.id.str())};
  PARLEY_RETURN_IF_ERROR(reader.Query(kDevicesSql, args, [&](const store::Row& row) {
    Device& device = account.devices[row.String(0)];
    device.display_name = row.MaybeString(1);
    device.last_seen_ms = row.Int(2);
    device.last_seen_ip = row.String(3);
    device.last_seen_agent = row.String(4);
    device.has_keys = row.Int(5) > 0;
  }));
  PARLEY_RETURN_IF_ERROR(reader.Query(kOneTimeKeysSql, args, [&](const store::Row& row) {
    if (Device* device = account.FindDevice(row.String(0))) device->one_time_keys[row.String(1)] = row.Int(2);
  }));
  PARLEY_RETURN_IF_ERROR(reader.Query(kFallbackSql, args, [&](const store::Row& row) {
    if (Device* device = account.FindDevice(row.String(0))) device->fallback_unused[row.String(1)] = row.Int(2) == 0;
  }));
  return reader.Query(kInboxSql, args, [&](const store::Row& row) {
    Device* device = account.FindDevice(row.String(0));
    if (device == nullptr) return;
    device->inbox_first = row.Int(1);
    device->inbox_last = row.Int(2);
    device->inbox_count = row.Int(3);
    device->inbox_bytes = row.Int(4);
    Seen(account, row.Int(2));
  });
}

absl::Status ReadMemberships(store::Reader& reader, Account& account) {
  return reader.Query(kMembershipsSql, {account.partition, account.id.str()}, [&](const store::Row& row) {
    v1::Membership& membership = account.memberships[row.String(0)];
    membership.set_room_id(row.String(0));
    membership.set_membership(row.String(1));
    membership.set_position(row.Int(2));
    membership.set_event_id(row.String(3));
    membership.set_sender(row.String(4));
    membership.set_recorded_at(row.Int(5));
    membership.set_forgotten(row.Int(6) != 0);
    membership.set_joined_recorded_at(row.Int(7));
    Seen(account, row.Int(5));
  });
}

absl::Status ReadData(store::Reader& reader, Account& account) {
  PARLEY_RETURN_IF_ERROR(reader.Query(kDataSql, {account.partition, account.id.str()}, [&](const store::Row& row) {
    account.data[{row.String(0), row.String(1)}] = {row.String(2), row.Int(3)};
    Seen(account, row.Int(3));
  }));
  return reader.Query(kSignedSql, {account.partition, account.id.str()}, [&](const store::Row& row) {
    account.users_signed[row.String(0)] = row.Int(1);
    Seen(account, row.Int(1));
  });
}

}  // namespace

absl::StatusOr<Account> LoadAccount(store::Reader& reader, Partition partition, const UserId& user) {
  Account account;
  account.id = user;
  account.partition = partition;
  PARLEY_RETURN_IF_ERROR(ReadUser(reader, account));
  if (!account.exists) return account;
  PARLEY_RETURN_IF_ERROR(ReadDevices(reader, account));
  PARLEY_RETURN_IF_ERROR(ReadMemberships(reader, account));
  PARLEY_RETURN_IF_ERROR(ReadData(reader, account));
  return account;
}

void InsertUser(store::Batch& batch, const Account& account) {
  batch.Insert("accounts_users", {{"p", account.partition},
                                  {"user_id", account.id.str()},
                                  {"password_hash", account.password_hash},
                                  {"flags", ToBits(account.flags)},
                                  {"created_at_ms", account.created_at_ms},
                                  {"push_rules", store::Bytes(account.push_rules)},
                                  {"push_rules_position", account.push_rules_position},
                                  {"device_list_position", account.device_list_position}});
}

void SetPasswordHash(store::Batch& batch, const Account& account, std::string_view hash) {
  batch.Update("accounts_users", {{"p", account.partition}, {"user_id", account.id.str()}}, {{"password_hash", hash}});
}

void SetFlags(store::Batch& batch, const Account& account, const UserFlags& flags) {
  batch.Update("accounts_users", {{"p", account.partition}, {"user_id", account.id.str()}},
               {{"flags", ToBits(flags)}});
}

void SetPushRules(store::Batch& batch, const Account& account, std::string_view changes, int64_t position) {
  batch.Update("accounts_users", {{"p", account.partition}, {"user_id", account.id.str()}},
               {{"push_rules", store::Bytes(changes)}, {"push_rules_position", position}});
}

void SetDeviceListPosition(store::Batch& batch, const Account& account, int64_t position) {
  batch.Update("accounts_users", {{"p", account.partition}, {"user_id", account.id.str()}},
               {{"device_list_position", position}});
}

void PutDevice(store::Batch& batch, const Account& account, const std::string& device_id, const Device& device) {
  batch.InsertOrIgnore("accounts_devices", {{"p", account.partition},
                                            {"user_id", account.id.str()},
                                            {"device_id", device_id},
                                            {"display_name", nullptr},
                                            {"last_seen_ms", 0},
                                            {"last_seen_ip", ""},
                                            {"last_seen_agent", ""},
                                            {"keys", store::Bytes(std::string_view())}});
  batch.Update("accounts_devices",
               {{"p", account.partition}, {"user_id", account.id.str()}, {"device_id", device_id}},
               {{"display_name", device.display_name},
                {"last_seen_ms", device.last_seen_ms},
                {"last_seen_ip", device.last_seen_ip},
                {"last_seen_agent", device.last_seen_agent}});
}

void DeleteDevice(store::Batch& batch, const Account& account, const std::string& device_id) {
  for (const std::string_view table :
       {"accounts_devices", "accounts_one_time_keys", "accounts_fallback_keys", "accounts_to_device",
        "accounts_pushers"}) {
    batch.Delete(table, {{"p", account.partition}, {"user_id", account.id.str()}, {"device_id", device_id}});
  }
  batch.Delete("accounts_signatures", {{"p", account.partition},
                                       {"signer", account.id.str()},
                                       {"target", account.id.str()},
                                       {"target_key", device_id}});
}

void PutMembership(store::Batch& batch, const Account& account, const v1::Membership& membership) {
  batch.Upsert("accounts_memberships", {{"p", account.partition},
                                        {"user_id", account.id.str()},
                                        {"room_id", membership.room_id()},
                                        {"membership", membership.membership()},
                                        {"position", membership.position()},
                                        {"event_id", membership.event_id()},
                                        {"sender", membership.sender()},
                                        {"recorded_at", membership.recorded_at()},
                                        {"forgotten", membership.forgotten()},
                                        {"joined_recorded_at", membership.joined_recorded_at()}});
}

void PutDatum(store::Batch& batch, const Account& account, const DatumKey& key, const Datum& datum) {
  batch.Upsert("accounts_data", {{"p", account.partition},
                                 {"user_id", account.id.str()},
                                 {"room_id", key.first},
                                 {"type", key.second},
                                 {"content", store::Bytes(datum.content)},
                                 {"position", datum.position}});
}

absl::StatusOr<std::vector<Account>> ListUsers(store::Reader& reader, Partition partition, std::string_view after,
                                               uint32_t limit) {
  std::vector<Account> users;
  PARLEY_RETURN_IF_ERROR(reader.Query(
      "SELECT user_id, flags, created_at_ms, device_list_position FROM accounts_users WHERE p = $1 AND user_id > $2 "
      "ORDER BY user_id LIMIT $3",
      {partition, after, limit}, [&](const store::Row& row) {
        Account& account = users.emplace_back();
        account.id = UserId::Trusted(row.String(0));
        account.partition = partition;
        account.exists = true;
        account.flags = FromBits(row.Int(1));
        account.created_at_ms = row.Int(2);
        account.device_list_position = row.Int(3);
      }));
  return users;
}

}  // namespace parley::accounts::tables
