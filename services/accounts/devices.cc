#include "services/accounts/devices.h"

#include <algorithm>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"
#include "services/accounts/tables/account.h"
#include "services/accounts/tables/sessions.h"

namespace parley::accounts {
namespace {

constexpr size_t kMaxDisplayNameBytes = 512;

json::Object Describe(const UserId& user, const std::string& device_id, const Device& device) {
  json::Object answer = {{"device_id", device_id}, {"user_id", user.str()}};
  if (device.display_name) answer.Set("display_name", *device.display_name);
  if (device.last_seen_ms != 0) answer.Set("last_seen_ts", device.last_seen_ms);
  if (!device.last_seen_ip.empty()) answer.Set("last_seen_ip", device.last_seen_ip);
  return answer;
}

}  // namespace

absl::StatusOr<json::Object> Devices::List(const UserId& user) {
  PARLEY_TRY(const LockedAccount account, deps_.accounts.LockExisting(user));
  json::Array devices;
  for (const auto& [device_id, device] : account->devices) devices.push_back(Describe(user, device_id, device));
  return json::Object{{"devices", std::move(devices)}};
}

absl::StatusOr<json::Object> Devices::Get(const UserId& user, const std::string& device_id) {
  PARLEY_TRY(const LockedAccount account, deps_.accounts.LockExisting(user));
  const Device* device = account->FindDevice(device_id);
  if (device == nullptr) return NotFound("There is no such device");
  return Describe(user, device_id, *device);
}

absl::Status Devices::Update(const UserId& user, const std::string& device_id, const json::Object& body) {
  PARLEY_TRY(const auto name, OptionalString(body, "display_name"));
  if (name) PARLEY_RETURN_IF_ERROR(CheckLength("display_name", *name, kMaxDisplayNameBytes));
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  const Device* known = account->FindDevice(device_id);
  if (known == nullptr) return NotFound("There is no such device");
  if (!name || name == known->display_name) return absl::OkStatus();
  Device device = *known;
  device.display_name = name;
  PARLEY_TRY(const int64_t position, deps_.changes.Commit(account, [&](store::Batch& batch, int64_t at) {
    tables::PutDevice(batch, *account, device_id, device);
    deps_.outbox.AddDeviceListChange(batch, *account, at);
  }));
  account->devices[device_id] = device;
  account->device_list_position = account->last_change = position;
  deps_.outbox.Kick(account->partition);
  return absl::OkStatus();
}

absl::Status Devices::RecordSeen(const UserId& user, const std::string& device_id, const v1::ClientInfo& client) {
  PARLEY_TRY(const LockedAccount account, deps_.accounts.Lock(user));
  Device* device = account->FindDevice(device_id);
  if (device == nullptr) return absl::OkStatus();
  device->last_seen_ms = deps_.clock.NowMs();
  device->last_seen_ip = client.ip();
  device->last_seen_agent = client.user_agent();
  store::Batch batch;
  tables::PutDevice(batch, *account, device_id, *device);
  deps_.changes.PostQuietly(account->partition, std::move(batch));
  return absl::OkStatus();
}

void Devices::AddRemoval(store::Batch& batch, const Account& account,
                         const std::vector<std::string>& device_ids) const {
  for (const std::string& device_id : device_ids) {
    tables::DeleteDevice(batch, account, device_id);
    tables::DeleteSessionsOfDevice(batch, account.partition, account.id.str(), device_id);
  }
}

absl::Status Devices::Remove(LockedAccount& account, const std::vector<std::string>& device_ids) {
  std::vector<std::string> known;
  std::copy_if(device_ids.begin(), device_ids.end(), std::back_inserter(known),
               [&](const std::string& id) { return account->FindDevice(id) != nullptr; });
  if (known.empty()) return absl::OkStatus();
  PARLEY_TRY(const int64_t position, deps_.changes.CommitOfTokens(account, [&](store::Batch& batch, int64_t at) {
    AddRemoval(batch, *account, known);
    deps_.outbox.AddDeviceListChange(batch, *account, at);
  }));
  for (const std::string& device_id : known) account->devices.erase(device_id);
  account->device_list_position = account->last_change = position;
  deps_.outbox.Kick(account->partition);
  return absl::OkStatus();
}

absl::Status Devices::RemoveAll(LockedAccount& account) { return RemoveOthers(account, ""); }

absl::Status Devices::RemoveOthers(LockedAccount& account, const std::string& device_id) {
  std::vector<std::string> others;
  for (const auto& [id, device] : account->devices) {
    if (id != device_id) others.push_back(id);
  }
  return Remove(account, others);
}

}  // namespace parley::accounts
