#include "services/accounts/credentials.h"

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/accounts/body.h"
#include "services/accounts/tables/account.h"
#include "services/accounts/tables/outbox.h"
#include "services/accounts/user_lookup.h"

namespace parley::accounts {
namespace {

const char kPasswordStage[] = "m.login.password";

// Another user's password is refused outright: no further try of this session could help.
absl::Status RefuseOthers(const json::Object& body, const UserId& user, std::string_view server_name) {
  PARLEY_TRY(const json::Object* auth, OptionalObject(body, "auth"));
  const std::string* type = auth ? json::FindString(*auth, "type") : nullptr;
  if (type == nullptr || *type != kPasswordStage) return absl::OkStatus();
  PARLEY_TRY(const UserId named, ReadUser(*auth, server_name));
  return named == user ? absl::OkStatus() : Forbidden("The password of another user does not count");
}

}  // namespace

Credentials::Credentials(const Deps& deps, Passwords& passwords, Devices& devices, UiaSessions& uia)
    : deps_(deps), passwords_(passwords), devices_(devices), uia_(uia) {}

absl::StatusOr<json::Object> Credentials::Confirm(const rpc::Call& call, const UserId& user, std::string operation,
                                                  const json::Object& body) {
  const UiaOperation wanted{std::move(operation), user.str(), deps_.accounts.PartitionOfUser(user),
                            {{kPasswordStage}}, body};
  PARLEY_RETURN_IF_ERROR(RefuseOthers(body, user, deps_.config.server_name));
  return uia_.Authenticate(
      wanted, [&](std::string_view, const json::Object& auth) { return CheckPassword(call, user, auth); });
}

absl::Status Credentials::CheckPassword(const rpc::Call& call, const UserId& user, const json::Object& auth) {
  v1::CheckPasswordRequest request;
  request.set_user_id(user.str());
  PARLEY_TRY(*request.mutable_password(), RequiredString(auth, "password"));
  return deps_.owners.CheckPassword(call, request).status();
}

absl::StatusOr<Credentials::Confirmed> Credentials::ConfirmAnyone(const rpc::Call& call,
                                                                  const v1::BodyRequest& request,
                                                                  std::string operation) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  Confirmed confirmed{UserId::Trusted(request.requester().user_id()), {}};
  if (!confirmed.user.empty()) {
    PARLEY_TRY(confirmed.body, Confirm(call, confirmed.user, std::move(operation), body));
    return confirmed;
  }
  const UiaOperation wanted{std::move(operation), "", deps_.changes.Any(deps_.rng), {{kPasswordStage}}, body};
  const auto stage = [&](std::string_view, const json::Object& auth) -> absl::Status {
    PARLEY_TRY(confirmed.user, ReadUser(auth, deps_.config.server_name));
    return CheckPassword(call, confirmed.user, auth);
  };
  PARLEY_TRY(confirmed.body, uia_.Authenticate(wanted, stage));
  // A session that was completed by an earlier request does not say whose password it was.
  if (confirmed.user.empty()) return Forbidden("The password must come with this request");
  return confirmed;
}

absl::StatusOr<json::Object> Credentials::ChangePassword(const rpc::Call& call, const v1::BodyRequest& request) {
  PARLEY_TRY(const Confirmed confirmed, ConfirmAnyone(call, request, "change_password"));
  v1::ResetPasswordRequest reset;
  reset.set_user_id(confirmed.user.str());
  PARLEY_TRY(*reset.mutable_new_password(), RequiredString(confirmed.body, "new_password"));
  PARLEY_TRY(const bool logout_devices, OptionalBool(confirmed.body, "logout_devices", true));
  reset.set_logout_devices(logout_devices);
  reset.set_keep_device_id(request.requester().device_id());
  PARLEY_RETURN_IF_ERROR(deps_.owners.ResetPassword(call, reset).status());
  return json::Object();
}

absl::Status Credentials::SetPassword(const UserId& user, std::string_view password, bool logout_devices,
                                      const std::string& keep_device) {
  PARLEY_TRY(const std::string hash, passwords_.Hash(password));
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  store::Batch batch;
  tables::SetPasswordHash(batch, *account, hash);
  PARLEY_RETURN_IF_ERROR(deps_.changes.CommitQuietly(account->partition, std::move(batch)));
  account->password_hash = hash;
  return logout_devices ? devices_.RemoveOthers(account, keep_device) : absl::OkStatus();
}

absl::StatusOr<json::Object> Credentials::Deactivate(const rpc::Call& call, const v1::BodyRequest& request) {
  PARLEY_TRY(const Confirmed confirmed, ConfirmAnyone(call, request, "deactivate"));
  v1::DeactivateUserRequest close;
  close.set_user_id(confirmed.user.str());
  PARLEY_TRY(const bool erase, OptionalBool(confirmed.body, "erase", false));
  close.set_erase(erase);
  PARLEY_RETURN_IF_ERROR(deps_.owners.DeactivateUser(call, close).status());
  return json::Object{{"id_server_unbind_result", "no-support"}};
}

absl::Status Credentials::Close(const UserId& user, bool erase) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  UserFlags flags = account->flags;
  flags.is_deactivated = true;
  std::vector<std::string> devices;
  for (const auto& [device_id, device] : account->devices) devices.push_back(device_id);
  PARLEY_TRY(const int64_t position, deps_.changes.CommitOfTokens(account, [&](store::Batch& batch, int64_t at) {
    tables::SetPasswordHash(batch, *account, "");
    tables::SetFlags(batch, *account, flags);
    devices_.AddRemoval(batch, *account, devices);
    deps_.outbox.AddDeviceListChange(batch, *account, at);
    deps_.outbox.AddJob(batch, *account, tables::kLeaveRoomsJob, at);
    if (erase) deps_.outbox.AddJob(batch, *account, tables::kEraseJob, at);
  }));
  account->password_hash.clear();
  account->flags = flags;
  account->devices.clear();
  account->device_list_position = account->last_change = position;
  deps_.outbox.Kick(account->partition);
  return absl::OkStatus();
}

}  // namespace parley::accounts
