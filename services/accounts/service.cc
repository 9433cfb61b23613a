#include "services/accounts/service.h"

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/stream/open_all.h"
#include "services/accounts/body.h"
#include "services/accounts/body_owner.h"
#include "services/accounts/parts.h"
#include "services/accounts/tables/schema.h"

// Opening, sessions and devices. The other calls are in service_*.cc.
namespace parley::accounts {
namespace {

absl::StatusOr<JsonResponse> Answer(const absl::StatusOr<json::Object>& object) {
  if (!object.ok()) return object.status();
  JsonResponse response;
  response.set_json(json::Serialize(*object));
  return response;
}

UserId UserOf(const common::v1::Requester& requester) { return UserId::Trusted(requester.user_id()); }

}  // namespace

Service::Service(const Config& config, const Needs& needs) : parts_(std::make_unique<Parts>(config, needs)) {}
Service::~Service() = default;

std::vector<store::Migration> Service::Migrations() { return tables::Migrations(); }

absl::StatusOr<std::unique_ptr<Service>> Service::Open(const Config& config, const Needs& needs) {
  return stream::OpenAll<Service>(config, needs);
}

absl::Status Service::OpenPartitions(absl::Span<const Partition> opened) {
  PARLEY_RETURN_IF_ERROR(parts_->streams.OpenPartitions(opened));
  parts_->streams.WakeFollowers(opened);
  for (const Partition p : opened) parts_->outbox.Kick(p);
  return absl::OkStatus();
}

void Service::ClosePartitions(absl::Span<const Partition> closed) { parts_->streams.ClosePartitions(closed); }

void Service::Start() { parts_->follower.Start(); }

void Service::RunOutbox() {
  for (const Partition partition : parts_->changes.Owned()) parts_->follower.RunAll(partition);
}

absl::StatusOr<AuthenticateResponse> Service::Authenticate(const rpc::Call&, const AuthenticateRequest& request) {
  return parts_->sessions.Authenticate(request.access_token());
}

absl::StatusOr<JsonResponse> Service::Register(const rpc::Call& call, const RegisterRequest& request) {
  const auto partition = PartitionOfUiaSession(request.body(), parts_->config);
  if (const auto other = ForOwner(request, partition, parts_->changes)) {
    return parts_->deps.owners.Register(call, *other);
  }
  return parts_->registration.Register(call, request);
}

absl::StatusOr<JsonResponse> Service::CreateAccount(const rpc::Call&, const CreateAccountRequest& request) {
  const auto created = parts_->registration.Create(request);
  if (created.ok()) parts_->CreateProfileOf(UserId::Trusted(request.user_id()));
  return Answer(created);
}

absl::StatusOr<CheckUsernameResponse> Service::CheckUsername(const rpc::Call&, const CheckUsernameRequest& request) {
  PARLEY_RETURN_IF_ERROR(parts_->registration.CheckUsername(request.username()).status());
  return CheckUsernameResponse();
}

absl::StatusOr<CheckRegistrationTokenResponse> Service::CheckRegistrationToken(
    const rpc::Call&, const CheckRegistrationTokenRequest& request) {
  CheckRegistrationTokenResponse response;
  response.set_valid(parts_->registration.IsValidToken(request.token()));
  return response;
}

absl::StatusOr<GetRegistrationNonceResponse> Service::GetRegistrationNonce(const rpc::Call&,
                                                                           const GetRegistrationNonceRequest&) {
  GetRegistrationNonceResponse response;
  response.set_nonce(parts_->registration.MakeNonce());
  return response;
}

absl::StatusOr<JsonResponse> Service::RegisterWithSecret(const rpc::Call& call, const RegisterRequest& request) {
  const auto partition = PartitionOfNonce(request.body(), parts_->config);
  if (const auto other = ForOwner(request, partition, parts_->changes)) {
    return parts_->deps.owners.RegisterWithSecret(call, *other);
  }
  return parts_->registration.RegisterWithSecret(call, request);
}

absl::StatusOr<JsonResponse> Service::GetLoginFlows(const rpc::Call&, const GetLoginFlowsRequest&) {
  return Answer(parts_->login.Flows());
}

absl::StatusOr<JsonResponse> Service::Login(const rpc::Call& call, const LoginRequest& request) {
  const auto partition = PartitionOfLogin(request.body(), parts_->config);
  if (const auto other = ForOwner(request, partition, parts_->changes)) return parts_->deps.owners.Login(call, *other);
  return Answer(parts_->login.LogIn(request));
}

absl::StatusOr<JsonResponse> Service::CreateLoginToken(const rpc::Call& call, const BodyRequest& request) {
  const UserId user = UserOf(request.requester());
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  PARLEY_RETURN_IF_ERROR(parts_->credentials.Confirm(call, user, "login_token", body).status());
  return Answer(parts_->login.CreateToken(user));
}

absl::StatusOr<JsonResponse> Service::Refresh(const rpc::Call& call, const RefreshRequest& request) {
  const auto partition = PartitionOfRefreshToken(request.body(), parts_->config);
  if (const auto other = ForOwner(request, partition, parts_->changes)) return parts_->deps.owners.Refresh(call, *other);
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  return Answer(parts_->sessions.Refresh(body));
}

absl::StatusOr<LogoutResponse> Service::Logout(const rpc::Call&, const LogoutRequest& request) {
  PARLEY_TRY(LockedAccount account, parts_->cache.LockExisting(UserOf(request.requester())));
  PARLEY_RETURN_IF_ERROR(parts_->devices.Remove(account, {request.requester().device_id()}));
  return LogoutResponse();
}

absl::StatusOr<LogoutAllResponse> Service::LogoutAll(const rpc::Call&, const LogoutAllRequest& request) {
  PARLEY_TRY(LockedAccount account, parts_->cache.LockExisting(UserOf(request.requester())));
  PARLEY_RETURN_IF_ERROR(parts_->devices.RemoveAll(account));
  return LogoutAllResponse();
}

absl::StatusOr<CheckPasswordResponse> Service::CheckPassword(const rpc::Call&, const CheckPasswordRequest& request) {
  PARLEY_RETURN_IF_ERROR(parts_->passwords.Check(UserId::Trusted(request.user_id()), request.password()));
  return CheckPasswordResponse();
}

absl::StatusOr<JsonResponse> Service::ChangePassword(const rpc::Call& call, const BodyRequest& request) {
  const auto partition = PartitionOfUiaSession(request, parts_->config);
  if (const auto other = ForOwner(request, partition, parts_->changes)) {
    return parts_->deps.owners.ChangePassword(call, *other);
  }
  return Answer(parts_->credentials.ChangePassword(call, request));
}

absl::StatusOr<JsonResponse> Service::Deactivate(const rpc::Call& call, const BodyRequest& request) {
  const auto partition = PartitionOfUiaSession(request, parts_->config);
  if (const auto other = ForOwner(request, partition, parts_->changes)) {
    return parts_->deps.owners.Deactivate(call, *other);
  }
  return Answer(parts_->credentials.Deactivate(call, request));
}

absl::StatusOr<JsonResponse> Service::ListDevices(const rpc::Call&, const ListDevicesRequest& request) {
  return Answer(parts_->devices.List(UserOf(request.requester())));
}

absl::StatusOr<JsonResponse> Service::GetDevice(const rpc::Call&, const GetDeviceRequest& request) {
  return Answer(parts_->devices.Get(UserOf(request.requester()), request.device_id()));
}

absl::StatusOr<UpdateDeviceResponse> Service::UpdateDevice(const rpc::Call&, const UpdateDeviceRequest& request) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  PARLEY_RETURN_IF_ERROR(parts_->devices.Update(UserOf(request.requester()), request.device_id(), body));
  return UpdateDeviceResponse();
}

absl::StatusOr<DeleteDevicesResponse> Service::DeleteDevices(const rpc::Call& call, const DeleteDevicesRequest& request) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  std::vector<std::string> devices = {request.device_id()};
  if (request.device_id().empty()) {
    PARLEY_TRY(devices, ReadStrings(body, "devices"));
  }
  const UserId user = UserOf(request.requester());
  PARLEY_RETURN_IF_ERROR(
      parts_->credentials.Confirm(call, user, "delete_devices " + request.device_id(), body).status());
  PARLEY_TRY(LockedAccount account, parts_->cache.LockExisting(user));
  PARLEY_RETURN_IF_ERROR(parts_->devices.Remove(account, devices));
  return DeleteDevicesResponse();
}

absl::StatusOr<RecordSeenResponse> Service::RecordSeen(const rpc::Call&, const RecordSeenRequest& request) {
  PARLEY_RETURN_IF_ERROR(parts_->devices.RecordSeen(UserOf(request.requester()), request.requester().device_id(),
                                                    request.client()));
  return RecordSeenResponse();
}

absl::StatusOr<JsonResponse> Service::CreateOpenIdToken(const rpc::Call&, const CreateOpenIdTokenRequest& request) {
  if (request.user_id() != request.requester().user_id()) return Forbidden("You can't get a token for another user");
  return Answer(parts_->openid.CreateToken(UserOf(request.requester())));
}

absl::StatusOr<GetOpenIdUserResponse> Service::GetOpenIdUser(const rpc::Call&, const GetOpenIdUserRequest& request) {
  PARLEY_TRY(const UserId user, parts_->openid.FindUser(request.access_token()));
  GetOpenIdUserResponse response;
  response.set_user_id(user.str());
  return response;
}

}  // namespace parley::accounts
