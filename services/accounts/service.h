#pragma once

#include <memory>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "common/base/clock.h"
#include "common/base/partition.h"
#include "common/base/rng.h"
#include "common/bus/bus.h"
#include "common/store/schema.h"
#include "common/store/store.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/accounts/config.h"

namespace parley::events {
class EventsService;
}
namespace parley::federation {
class FederationService;
}
namespace parley::profile {
class ProfileService;
}

namespace parley::accounts {

// The accounts service: hands each call to the part that knows it.
//
// Threads: every method may be called from any thread and blocks until it has its answer. Lifetime: borrows Needs;
// Start begins the follower, which calls the other services until the destructor.
class Service final : public AccountsService {
 public:
  struct Needs {
    store::Store& store;
    bus::Bus& bus;
    const Clock& clock;
    Rng& rng;
    events::EventsService& events;
    profile::ProfileService& profile;
    federation::FederationService& federation;
    // This service as the others see it: leads to whichever process owns what is asked for.
    AccountsService& owners;
  };

  static std::vector<store::Migration> Migrations();
  // Owns everything.
  static absl::StatusOr<std::unique_ptr<Service>> Open(const Config& config, const Needs& needs);
  // Owns nothing until OpenPartitions; can be called at once.
  Service(const Config& config, const Needs& needs);
  ~Service() override;

  // Users of these partitions are this process' from now on, or no longer. Not while calls about them are inside.
  absl::Status OpenPartitions(absl::Span<const Partition> opened);
  void ClosePartitions(absl::Span<const Partition> closed);

  // When the other services can be called.
  void Start();
  // Does what the outbox holds now instead of in the follower's thread: for tests.
  void RunOutbox();

  absl::StatusOr<AuthenticateResponse> Authenticate(const rpc::Call&, const AuthenticateRequest&) override;
  absl::StatusOr<JsonResponse> Register(const rpc::Call&, const RegisterRequest&) override;
  absl::StatusOr<JsonResponse> CreateAccount(const rpc::Call&, const CreateAccountRequest&) override;
  absl::StatusOr<CheckUsernameResponse> CheckUsername(const rpc::Call&, const CheckUsernameRequest&) override;
  absl::StatusOr<CheckRegistrationTokenResponse> CheckRegistrationToken(
      const rpc::Call&, const CheckRegistrationTokenRequest&) override;
  absl::StatusOr<GetRegistrationNonceResponse> GetRegistrationNonce(const rpc::Call&,
                                                                    const GetRegistrationNonceRequest&) override;
  absl::StatusOr<JsonResponse> RegisterWithSecret(const rpc::Call&, const RegisterRequest&) override;
  absl::StatusOr<JsonResponse> GetLoginFlows(const rpc::Call&, const GetLoginFlowsRequest&) override;
  absl::StatusOr<JsonResponse> Login(const rpc::Call&, const LoginRequest&) override;
  absl::StatusOr<JsonResponse> CreateLoginToken(const rpc::Call&, const BodyRequest&) override;
  absl::StatusOr<JsonResponse> Refresh(const rpc::Call&, const RefreshRequest&) override;
  absl::StatusOr<LogoutResponse> Logout(const rpc::Call&, const LogoutRequest&) override;
  absl::StatusOr<LogoutAllResponse> LogoutAll(const rpc::Call&, const LogoutAllRequest&) override;
  absl::StatusOr<CheckPasswordResponse> CheckPassword(const rpc::Call&, const CheckPasswordRequest&) override;
  absl::StatusOr<JsonResponse> ChangePassword(const rpc::Call&, const BodyRequest&) override;
  absl::StatusOr<JsonResponse> Deactivate(const rpc::Call&, const BodyRequest&) override;

  absl::StatusOr<JsonResponse> ListDevices(const rpc::Call&, const ListDevicesRequest&) override;
  absl::StatusOr<JsonResponse> GetDevice(const rpc::Call&, const GetDeviceRequest&) override;
  absl::StatusOr<UpdateDeviceResponse> UpdateDevice(const rpc::Call&, const UpdateDeviceRequest&) override;
  absl::StatusOr<DeleteDevicesResponse> DeleteDevices(const rpc::Call&, const DeleteDevicesRequest&) override;
  absl::StatusOr<RecordSeenResponse> RecordSeen(const rpc::Call&, const RecordSeenRequest&) override;

  absl::StatusOr<JsonResponse> CreateOpenIdToken(const rpc::Call&, const CreateOpenIdTokenRequest&) override;
  absl::StatusOr<GetOpenIdUserResponse> GetOpenIdUser(const rpc::Call&, const GetOpenIdUserRequest&) override;

  absl::StatusOr<JsonResponse> GetAccountData(const rpc::Call&, const GetAccountDataRequest&) override;
  absl::StatusOr<SetAccountDataResponse> SetAccountData(const rpc::Call&, const SetAccountDataRequest&) override;
  absl::StatusOr<SetFullyReadResponse> SetFullyRead(const rpc::Call&, const SetFullyReadRequest&) override;
  absl::StatusOr<JsonResponse> GetTags(const rpc::Call&, const GetTagsRequest&) override;
  absl::StatusOr<SetTagResponse> SetTag(const rpc::Call&, const SetTagRequest&) override;
  absl::StatusOr<DeleteTagResponse> DeleteTag(const rpc::Call&, const DeleteTagRequest&) override;
  absl::StatusOr<CopyRoomSettingsResponse> CopyRoomSettings(const rpc::Call&,
                                                            const CopyRoomSettingsRequest&) override;
  absl::StatusOr<CreateFilterResponse> CreateFilter(const rpc::Call&, const BodyRequest&) override;
  absl::StatusOr<JsonResponse> GetFilter(const rpc::Call&, const GetFilterRequest&) override;

  absl::StatusOr<JsonResponse> GetPushRules(const rpc::Call&, const GetPushRulesRequest&) override;
  absl::StatusOr<SetPushRuleResponse> SetPushRule(const rpc::Call&, const SetPushRuleRequest&) override;
  absl::StatusOr<DeletePushRuleResponse> DeletePushRule(const rpc::Call&, const DeletePushRuleRequest&) override;

  absl::StatusOr<JsonResponse> ListPushers(const rpc::Call&, const ListPushersRequest&) override;
  absl::StatusOr<JsonResponse> SetPusher(const rpc::Call&, const BodyRequest&) override;

  absl::StatusOr<SendToDeviceResponse> SendToDevice(const rpc::Call&, const SendToDeviceRequest&) override;

  absl::StatusOr<DeliverToDeviceResponse> DeliverToDevice(const rpc::Call&, const DeliverToDeviceRequest&) override;

  absl::StatusOr<ReceiveDeviceListUpdateResponse> ReceiveDeviceListUpdate(
      const rpc::Call& call, const ReceiveDeviceListUpdateRequest& request) override;
  absl::StatusOr<JsonResponse> GetUserDevices(const rpc::Call& call, const GetUserDevicesRequest& request) override;
  absl::StatusOr<JsonResponse> UploadKeys(const rpc::Call&, const BodyRequest&) override;
  absl::StatusOr<JsonResponse> QueryKeys(const rpc::Call&, const BodyRequest&) override;
  absl::StatusOr<JsonResponse> ClaimKeys(const rpc::Call&, const BodyRequest&) override;
  absl::StatusOr<ClaimOneTimeKeysResponse> ClaimOneTimeKeys(const rpc::Call&,
                                                            const ClaimOneTimeKeysRequest&) override;
  absl::StatusOr<JsonResponse> UploadSigningKeys(const rpc::Call&, const BodyRequest&) override;
  absl::StatusOr<JsonResponse> UploadSignatures(const rpc::Call&, const BodyRequest&) override;

  absl::StatusOr<JsonResponse> CreateBackup(const rpc::Call&, const BodyRequest&) override;
  absl::StatusOr<JsonResponse> GetBackup(const rpc::Call&, const BackupRequest&) override;
  absl::StatusOr<JsonResponse> UpdateBackup(const rpc::Call&, const BackupRequest&) override;
  absl::StatusOr<JsonResponse> DeleteBackup(const rpc::Call&, const BackupRequest&) override;
  absl::StatusOr<JsonResponse> PutRoomKeys(const rpc::Call&, const RoomKeysRequest&) override;
  absl::StatusOr<JsonResponse> GetRoomKeys(const rpc::Call&, const RoomKeysRequest&) override;
  absl::StatusOr<JsonResponse> DeleteRoomKeys(const rpc::Call&, const RoomKeysRequest&) override;

  absl::StatusOr<GetUserResponse> GetUser(const rpc::Call&, const GetUserRequest&) override;
  absl::StatusOr<ListUsersResponse> ListUsers(const rpc::Call&, const ListUsersRequest&) override;
  absl::StatusOr<CreateUserResponse> CreateUser(const rpc::Call&, const CreateUserRequest&) override;
  absl::StatusOr<ResetPasswordResponse> ResetPassword(const rpc::Call&, const ResetPasswordRequest&) override;
  absl::StatusOr<DeactivateUserResponse> DeactivateUser(const rpc::Call&, const DeactivateUserRequest&) override;
  absl::StatusOr<SetUserFlagsResponse> SetUserFlags(const rpc::Call&, const SetUserFlagsRequest&) override;
  absl::StatusOr<JsonResponse> Whois(const rpc::Call&, const WhoisRequest&) override;

  absl::StatusOr<RecordMembershipResponse> RecordMembership(const rpc::Call&,
                                                            const RecordMembershipRequest&) override;
  absl::StatusOr<ListMembershipsResponse> ListMemberships(const rpc::Call&, const ListMembershipsRequest&) override;
  absl::StatusOr<ForgetRoomResponse> ForgetRoom(const rpc::Call&, const ForgetRoomRequest&) override;
  absl::StatusOr<ReadSinceResponse> ReadSince(const rpc::Call&, const ReadSinceRequest&) override;
  absl::StatusOr<common::v1::HeadsResponse> Heads(const rpc::Call&, const common::v1::HeadsRequest&) override;

 private:
  struct Parts;

  std::unique_ptr<Parts> parts_;
};

}  // namespace parley::accounts
