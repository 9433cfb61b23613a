#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/parts.h"
#include "services/accounts/service.h"

// What parleyctl and administrators ask for.
namespace parley::accounts {

absl::StatusOr<GetUserResponse> Service::GetUser(const rpc::Call&, const GetUserRequest& request) {
  GetUserResponse response;
  PARLEY_TRY(*response.mutable_user(), parts_->admin.Get(UserId::Trusted(request.user_id())));
  return response;
}

absl::StatusOr<ListUsersResponse> Service::ListUsers(const rpc::Call&, const ListUsersRequest& request) {
  PARLEY_TRY(const auto users, parts_->admin.List(request.after(), request.limit()));
  ListUsersResponse response;
  for (const v1::User& user : users) *response.add_users() = user;
  return response;
}

absl::StatusOr<CreateUserResponse> Service::CreateUser(const rpc::Call& call, const CreateUserRequest& request) {
  PARLEY_TRY(const UserId user, parts_->registration.CheckUsername(request.localpart()));
  CreateAccountRequest account;
  account.set_user_id(user.str());
  PARLEY_TRY(*account.mutable_password_hash(), parts_->passwords.Hash(request.password()));
  account.set_is_admin(request.is_admin());
  PARLEY_RETURN_IF_ERROR(parts_->deps.owners.CreateAccount(call, account).status());
  CreateUserResponse response;
  response.set_user_id(user.str());
  return response;
}

absl::StatusOr<ResetPasswordResponse> Service::ResetPassword(const rpc::Call&, const ResetPasswordRequest& request) {
  PARLEY_RETURN_IF_ERROR(parts_->credentials.SetPassword(UserId::Trusted(request.user_id()), request.new_password(),
                                                         request.logout_devices(), request.keep_device_id()));
  return ResetPasswordResponse();
}

absl::StatusOr<DeactivateUserResponse> Service::DeactivateUser(const rpc::Call&,
                                                               const DeactivateUserRequest& request) {
  PARLEY_RETURN_IF_ERROR(parts_->credentials.Close(UserId::Trusted(request.user_id()), request.erase()));
  return DeactivateUserResponse();
}

absl::StatusOr<SetUserFlagsResponse> Service::SetUserFlags(const rpc::Call&, const SetUserFlagsRequest& request) {
  PARLEY_RETURN_IF_ERROR(parts_->admin.SetFlags(request));
  return SetUserFlagsResponse();
}

absl::StatusOr<JsonResponse> Service::Whois(const rpc::Call&, const WhoisRequest& request) {
  if (!request.requester().is_admin() && request.requester().user_id() != request.user_id()) {
    return Forbidden("Only administrators may look at other users");
  }
  JsonResponse response;
  PARLEY_TRY(const json::Object answer, parts_->admin.Whois(UserId::Trusted(request.user_id())));
  response.set_json(json::Serialize(answer));
  return response;
}

}  // namespace parley::accounts
