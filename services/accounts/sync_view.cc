#include "services/accounts/sync_view.h"

#include <algorithm>

#include "common/status/macros.h"
#include "services/accounts/account_data.h"
#include "services/accounts/push_rules.h"

namespace parley::accounts {
namespace {

constexpr uint32_t kDefaultToDeviceLimit = 100;
constexpr uint32_t kMaxToDeviceLimit = 1'000;

// A forgotten room is still told of to a client that has not heard of the leave.
void AddMemberships(const Account& account, int64_t since, v1::ReadSinceResponse& answer) {
  for (const auto& [room_id, membership] : account.memberships) {
    const bool is_news = since > 0 && membership.recorded_at() > since;
    if (!membership.forgotten() || is_news) *answer.add_memberships() = membership;
  }
}

void AddKeyCounts(const Device& device, v1::ReadSinceResponse& answer) {
  auto& counts = *answer.mutable_one_time_keys();
  counts["signed_curve25519"] = 0;
  for (const auto& [algorithm, count] : device.one_time_keys) counts[algorithm] = count;
  for (const auto& [algorithm, unused] : device.fallback_unused) {
    if (unused) answer.add_unused_fallback_types(algorithm);
  }
}

void AddDatum(const DatumKey& key, std::string content, int64_t position, v1::ReadSinceResponse& answer) {
  v1::AccountDatum& datum = *answer.add_account_data();
  datum.set_room_id(key.first);
  datum.set_type(key.second);
  datum.set_content(std::move(content));
  datum.set_position(position);
}

}  // namespace

absl::StatusOr<v1::ReadSinceResponse> SyncView::ReadSince(const v1::ReadSinceRequest& request) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(UserId::Trusted(request.user_id())));
  v1::ReadSinceResponse answer;
  // Whoever writes for this user holds the lock until memory says it too, so this head and that memory are one snapshot.
  answer.set_head(deps_.changes.Head(account->partition));
  AddMemberships(*account, request.since(), answer);
  answer.set_push_rule_changes(account->push_rules);
  if (const Device* device = account->FindDevice(request.device_id())) AddKeyCounts(*device, answer);
  for (std::string& user : IgnoredUsers(*account)) answer.add_ignored_users(std::move(user));
  PARLEY_RETURN_IF_ERROR(AddToDevice(account, request, answer));
  if (account->last_change > request.since() || request.since() == 0) {
    PARLEY_RETURN_IF_ERROR(AddAccountData(*account, request.since(), answer));
  }
  return answer;
}

absl::Status SyncView::AddAccountData(const Account& account, int64_t since, v1::ReadSinceResponse& answer) {
  for (const auto& [key, datum] : account.data) {
    if (datum.position > since) AddDatum(key, datum.content, datum.position, answer);
  }
  if (since == 0 || account.push_rules_position > since) {
    PARLEY_TRY(std::string content, PushRulesContent(account));
    AddDatum({"", "m.push_rules"}, std::move(content), account.push_rules_position, answer);
  }
  answer.set_own_devices_changed(account.device_list_position > since);
  const auto ignored = account.data.find({"", "m.ignored_user_list"});
  answer.set_ignored_users_changed(ignored != account.data.end() && ignored->second.position > since);
  for (const auto& [user, position] : account.users_signed) {
    if (position > since) answer.add_users_signed(user);
  }
  return absl::OkStatus();
}

absl::Status SyncView::AddToDevice(LockedAccount& account, const v1::ReadSinceRequest& request,
                                   v1::ReadSinceResponse& answer) {
  const uint32_t limit = request.to_device_limit() == 0 ? kDefaultToDeviceLimit : request.to_device_limit();
  PARLEY_TRY(ToDevice::Delivery delivery,
             to_device_.Read(account, request.device_id(), request.to_device_since(), std::min(limit, kMaxToDeviceLimit)));
  for (std::string& event : delivery.events) answer.add_to_device(std::move(event));
  answer.set_to_device_until(delivery.until);
  answer.set_to_device_more(delivery.more);
  return absl::OkStatus();
}

}  // namespace parley::accounts
