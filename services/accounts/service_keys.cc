#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"
#include "services/accounts/parts.h"
#include "services/accounts/service.h"

// To-device messages, keys, key backup.
namespace parley::accounts {
namespace {

UserId UserOf(const common::v1::Requester& requester) { return UserId::Trusted(requester.user_id()); }

absl::StatusOr<JsonResponse> Answer(const absl::StatusOr<json::Object>& object) {
  if (!object.ok()) return object.status();
  JsonResponse response;
  response.set_json(json::Serialize(*object));
  return response;
}

absl::StatusOr<JsonResponse> Empty(const absl::Status& status) {
  if (!status.ok()) return status;
  return Answer(json::Object());
}

}  // namespace

absl::StatusOr<JsonResponse> Service::ListPushers(const rpc::Call&, const ListPushersRequest& request) {
  return Answer(parts_->pushers.List(UserOf(request.requester())));
}

absl::StatusOr<JsonResponse> Service::SetPusher(const rpc::Call& call, const BodyRequest& request) {
  return Answer(parts_->pushers.Set(call, request));
}

absl::StatusOr<SendToDeviceResponse> Service::SendToDevice(const rpc::Call& call, const SendToDeviceRequest& request) {
  PARLEY_RETURN_IF_ERROR(parts_->to_device.Send(call, request));
  return SendToDeviceResponse();
}

absl::StatusOr<DeliverToDeviceResponse> Service::DeliverToDevice(const rpc::Call&,
                                                                 const DeliverToDeviceRequest& request) {
  PARLEY_RETURN_IF_ERROR(parts_->to_device.Deliver(request));
  return DeliverToDeviceResponse();
}

absl::StatusOr<ReceiveDeviceListUpdateResponse> Service::ReceiveDeviceListUpdate(
    const rpc::Call& call, const ReceiveDeviceListUpdateRequest& request) {
  PARLEY_RETURN_IF_ERROR(parts_->remote_devices.Changed(call, request.user_id()));
  return ReceiveDeviceListUpdateResponse();
}

absl::StatusOr<JsonResponse> Service::GetUserDevices(const rpc::Call&, const GetUserDevicesRequest& request) {
  PARLEY_TRY(const UserId user, UserId::Parse(request.user_id()));
  return Answer(parts_->key_query.Devices(user));
}

absl::StatusOr<JsonResponse> Service::UploadKeys(const rpc::Call&, const BodyRequest& request) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  return Answer(
      parts_->device_keys.Upload(UserOf(request.requester()), request.requester().device_id(), body));
}

absl::StatusOr<JsonResponse> Service::QueryKeys(const rpc::Call&, const BodyRequest& request) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  return Answer(parts_->key_query.Query(UserOf(request.requester()), body));
}

absl::StatusOr<JsonResponse> Service::ClaimKeys(const rpc::Call& call, const BodyRequest& request) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  return Answer(parts_->key_query.Claim(call, body));
}

absl::StatusOr<ClaimOneTimeKeysResponse> Service::ClaimOneTimeKeys(const rpc::Call&,
                                                                   const ClaimOneTimeKeysRequest& request) {
  return parts_->key_query.ClaimHere(request);
}

absl::StatusOr<JsonResponse> Service::UploadSigningKeys(const rpc::Call& call, const BodyRequest& request) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  return Answer(parts_->cross_signing.Upload(call, UserOf(request.requester()), body));
}

absl::StatusOr<JsonResponse> Service::UploadSignatures(const rpc::Call&, const BodyRequest& request) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  return Answer(parts_->signatures.Upload(UserOf(request.requester()), body));
}

absl::StatusOr<JsonResponse> Service::CreateBackup(const rpc::Call&, const BodyRequest& request) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  return Answer(parts_->key_backup.Create(UserOf(request.requester()), body));
}

absl::StatusOr<JsonResponse> Service::GetBackup(const rpc::Call&, const BackupRequest& request) {
  return Answer(parts_->key_backup.Get(UserOf(request.requester()), request.version()));
}

absl::StatusOr<JsonResponse> Service::UpdateBackup(const rpc::Call&, const BackupRequest& request) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  return Empty(parts_->key_backup.Update(UserOf(request.requester()), request.version(), body));
}

absl::StatusOr<JsonResponse> Service::DeleteBackup(const rpc::Call&, const BackupRequest& request) {
  return Empty(parts_->key_backup.Delete(UserOf(request.requester()), request.version()));
}

absl::StatusOr<JsonResponse> Service::PutRoomKeys(const rpc::Call&, const RoomKeysRequest& request) {
  return Answer(parts_->key_backup.Put(UserOf(request.requester()), request));
}

absl::StatusOr<JsonResponse> Service::GetRoomKeys(const rpc::Call&, const RoomKeysRequest& request) {
  JsonResponse response;
  PARLEY_TRY(*response.mutable_json(), parts_->key_backup.GetKeys(UserOf(request.requester()), request));
  return response;
}

absl::StatusOr<JsonResponse> Service::DeleteRoomKeys(const rpc::Call&, const RoomKeysRequest& request) {
  return Answer(parts_->key_backup.DeleteKeys(UserOf(request.requester()), request));
}

}  // namespace parley::accounts
