#include "services/accounts/sessions.h"

#include "common/base/token.h"
#include "common/crypto/hash.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"
#include "services/accounts/tables/account.h"

namespace parley::accounts {
namespace {

constexpr std::string_view kAccessKind = "pat";
constexpr std::string_view kRefreshKind = "prt";
constexpr size_t kMaxDeviceIdBytes = 255;
constexpr size_t kMaxDisplayNameBytes = 512;

std::string NewDeviceId(Rng& rng) {
  std::string id = rng.Bytes(10);
  for (char& c : id) c = static_cast<char>('A' + static_cast<unsigned char>(c) % 26);
  return id;
}

// Names the token in logs without giving it away.
int64_t TokenIdOf(std::string_view hash) {
  int64_t id = 0;
  for (const char c : hash.substr(0, 7)) id = id << 8 | static_cast<unsigned char>(c);
  return id;
}

}  // namespace

absl::StatusOr<DeviceRequest> DeviceRequest::Parse(const json::Object& body, const v1::ClientInfo& client) {
  DeviceRequest request;
  PARLEY_TRY(request.device_id, OptionalString(body, "device_id"));
  if (request.device_id && request.device_id->empty()) request.device_id.reset();
  if (request.device_id) PARLEY_RETURN_IF_ERROR(CheckLength("device_id", *request.device_id, kMaxDeviceIdBytes));
  PARLEY_TRY(request.display_name, OptionalString(body, "initial_device_display_name"));
  if (request.display_name) {
    PARLEY_RETURN_IF_ERROR(CheckLength("initial_device_display_name", *request.display_name, kMaxDisplayNameBytes));
  }
  PARLEY_TRY(request.wants_refresh_token, OptionalBool(body, "refresh_token", false));
  request.client = client;
  return request;
}

void Sessions::Mint(Partition partition, bool with_refresh_token, Opened& opened) {
  opened.access_token = MakeToken(kAccessKind, partition, 32, deps_.rng);
  opened.row.access_hash = crypto::Sha256(opened.access_token);
  if (!with_refresh_token) return;
  opened.refresh_token = MakeToken(kRefreshKind, partition, 32, deps_.rng);
  opened.row.refresh_hash = crypto::Sha256(opened.refresh_token);
  opened.row.expires_at_ms = absl::ToUnixMillis(deps_.clock.Now() + deps_.config.access_token_lifetime);
}

Device Sessions::DeviceFor(const Account& account, const DeviceRequest& request, const Opened& opened) const {
  Device device;
  if (const Device* known = account.FindDevice(opened.device_id)) device = *known;
  if (!device.display_name) device.display_name = request.display_name;
  device.last_seen_ms = deps_.clock.NowMs();
  device.last_seen_ip = request.client.ip();
  device.last_seen_agent = request.client.user_agent();
  return device;
}

Sessions::Opened Sessions::Open(store::Batch& batch, const Account& account, const DeviceRequest& request) {
  Opened opened;
  opened.device_id = request.device_id ? *request.device_id : NewDeviceId(deps_.rng);
  opened.row.user_id = account.id.str();
  opened.row.device_id = opened.device_id;
  Mint(account.partition, request.wants_refresh_token, opened);
  tables::DeleteSessionsOfDevice(batch, account.partition, account.id.str(), opened.device_id);
  tables::PutDevice(batch, account, opened.device_id, DeviceFor(account, request, opened));
  tables::PutSession(batch, account.partition, opened.row);
  return opened;
}

void Sessions::Apply(Account& account, const DeviceRequest& request, const Opened& opened) {
  account.devices[opened.device_id] = DeviceFor(account, request, opened);
}

absl::StatusOr<json::Object> Sessions::LogIn(LockedAccount& account, const DeviceRequest& request) {
  const bool is_new = !request.device_id || account->FindDevice(*request.device_id) == nullptr;
  if (is_new && account->devices.size() >= deps_.config.max_devices) {
    return Matrix(400, "M_RESOURCE_LIMIT_EXCEEDED", "This account has too many devices");
  }
  Opened opened;
  PARLEY_TRY(const int64_t position,
             deps_.changes.CommitOfTokens(account, [&](store::Batch& batch, int64_t at) {
               opened = Open(batch, *account, request);
               if (is_new) deps_.outbox.AddDeviceListChange(batch, *account, at);
             }));
  Apply(*account, request, opened);
  if (is_new) {
    account->device_list_position = account->last_change = position;
    deps_.outbox.Kick(account->partition);
  }
  return Describe(*account, opened);
}

json::Object Sessions::Describe(const Account& account, const Opened& opened) const {
  json::Object answer = {{"user_id", account.id.str()},
                         {"access_token", opened.access_token},
                         {"device_id", opened.device_id},
                         {"home_server", deps_.config.server_name}};
  if (!opened.refresh_token.empty()) {
    answer.Set("refresh_token", opened.refresh_token);
    answer.Set("expires_in_ms", absl::ToInt64Milliseconds(deps_.config.access_token_lifetime));
  }
  return answer;
}

absl::StatusOr<std::optional<tables::Session>> Sessions::Find(Partition partition, std::string_view access_token) {
  std::optional<tables::Session> session;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(session, tables::FindByAccessHash(reader, partition, crypto::Sha256(access_token)));
    return absl::OkStatus();
  }));
  return session;
}

absl::StatusOr<v1::AuthenticateResponse> Sessions::Authenticate(std::string_view access_token) {
  const auto partition = TokenPartition(kAccessKind, access_token, deps_.changes.partitions());
  if (!partition) return UnknownToken("Unrecognised access token");
  PARLEY_TRY(const auto session, Find(*partition, access_token));
  if (!session) return UnknownToken("Unrecognised access token");
  if (session->expires_at_ms != 0 && session->expires_at_ms <= deps_.clock.NowMs()) {
    return UnknownToken("The access token has expired", /*soft_logout=*/true);
  }
  const UserId user = UserId::Trusted(session->user_id);
  if (!session->replaces.empty()) PARLEY_RETURN_IF_ERROR(EndReplaced(user, session->access_hash));
  PARLEY_TRY(const LockedAccount account, deps_.accounts.Lock(user));
  if (account->flags.is_deactivated) return UnknownToken("This account has been deactivated");
  v1::AuthenticateResponse answer;
  answer.set_user_id(session->user_id);
  answer.set_device_id(session->device_id);
  answer.set_is_guest(account->flags.is_guest);
  answer.set_is_admin(account->flags.is_admin);
  answer.set_is_locked(account->flags.is_locked);
  answer.set_is_suspended(account->flags.is_suspended);
  answer.set_expires_at_ms(session->expires_at_ms);
  answer.set_partition(*partition);
  answer.set_token_id(TokenIdOf(session->access_hash));
  return answer;
}

// A refreshed pair was used for the first time: the pair before it ends.
absl::Status Sessions::EndReplaced(const UserId& user, std::string_view access_hash) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.Lock(user));
  std::optional<tables::Session> session;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(session, tables::FindByAccessHash(reader, account->partition, access_hash));
    return absl::OkStatus();
  }));
  if (!session || session->replaces.empty()) return absl::OkStatus();
  return deps_.changes
      .CommitOfTokens(account,
                      [&](store::Batch& batch, int64_t) {
                        tables::DeleteSession(batch, account->partition, session->replaces);
                        session->replaces.clear();
                        tables::PutSession(batch, account->partition, *session);
                      })
      .status();
}

absl::StatusOr<json::Object> Sessions::Refresh(const json::Object& body) {
  PARLEY_TRY(const std::string token, RequiredString(body, "refresh_token"));
  const auto partition = TokenPartition(kRefreshKind, token, deps_.changes.partitions());
  if (!partition) return UnknownToken("Unrecognised refresh token");
  const std::string hash = crypto::Sha256(token);
  std::optional<tables::Session> session;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(session, tables::FindByRefreshHash(reader, *partition, hash));
    return absl::OkStatus();
  }));
  if (!session) return UnknownToken("Unrecognised refresh token");
  PARLEY_TRY(LockedAccount account, deps_.accounts.Lock(UserId::Trusted(session->user_id)));
  PARLEY_TRY(const Opened opened, Replace(account, hash));
  return json::Object{{"access_token", opened.access_token},
                      {"refresh_token", opened.refresh_token},
                      {"expires_in_ms", absl::ToInt64Milliseconds(deps_.config.access_token_lifetime)}};
}

// A new pair beside the old one, in the place of one that was made before and never used.
absl::StatusOr<Sessions::Opened> Sessions::Replace(LockedAccount& account, const std::string& refresh_hash) {
  std::optional<tables::Session> old, unused;
  const auto find = [&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(old, tables::FindByRefreshHash(reader, account->partition, refresh_hash));
    if (!old) return UnknownToken("Unrecognised refresh token");
    PARLEY_TRY(unused, tables::FindReplacing(reader, account->partition, *old));
    return absl::OkStatus();
  };
  PARLEY_RETURN_IF_ERROR(deps_.store.Read(find));
  Opened opened;
  opened.device_id = opened.row.device_id = old->device_id;
  opened.row.user_id = old->user_id;
  opened.row.replaces = old->access_hash;
  Mint(account->partition, true, opened);
  const auto write = [&](store::Batch& batch, int64_t) {
    if (unused) tables::DeleteSession(batch, account->partition, unused->access_hash);
    if (!old->replaces.empty()) {
      tables::DeleteSession(batch, account->partition, old->replaces);
      old->replaces.clear();
      tables::PutSession(batch, account->partition, *old);
    }
    tables::PutSession(batch, account->partition, opened.row);
  };
  PARLEY_RETURN_IF_ERROR(deps_.changes.CommitOfTokens(account, write).status());
  return opened;
}

}  // namespace parley::accounts
