#pragma once

#include <string>

#include <absl/status/statusor.h>

#include "common/store/batch.h"
#include "common/store/reader.h"
#include "services/accounts/account.h"

// accounts_users, accounts_devices (but for keys), accounts_memberships, accounts_data: what an Account is made of.
namespace parley::accounts::tables {

// `exists` is false when there is no such user.
absl::StatusOr<Account> LoadAccount(store::Reader& reader, Partition partition, const UserId& user);

// A new user, from the fields of `account`.
void InsertUser(store::Batch& batch, const Account& account);
void SetPasswordHash(store::Batch& batch, const Account& account, std::string_view hash);
void SetFlags(store::Batch& batch, const Account& account, const UserFlags& flags);
void SetPushRules(store::Batch& batch, const Account& account, std::string_view changes, int64_t position);
void SetDeviceListPosition(store::Batch& batch, const Account& account, int64_t position);
// All but the device's keys: a new device has none, an old one keeps its own.
void PutDevice(store::Batch& batch, const Account& account, const std::string& device_id, const Device& device);
// With its keys, one-time and fallback keys, inbox and pushers.
void DeleteDevice(store::Batch& batch, const Account& account, const std::string& device_id);
void PutMembership(store::Batch& batch, const Account& account, const v1::Membership& membership);
void PutDatum(store::Batch& batch, const Account& account, const DatumKey& key, const Datum& datum);

// Users by id, after `after`, of one partition.
absl::StatusOr<std::vector<Account>> ListUsers(store::Reader& reader, Partition partition, std::string_view after,
                                               uint32_t limit);

}  // namespace parley::accounts::tables
