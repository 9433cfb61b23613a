#include "services/accounts/registration.h"

#include <absl/strings/ascii.h>

#include "common/base/strings.h"
#include "common/base/token.h"
#include "common/crypto/hash.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/accounts/body.h"
#include "services/accounts/tables/account.h"
#include "services/accounts/tables/outbox.h"

namespace parley::accounts {
namespace {

constexpr std::string_view kDummy = "m.login.dummy";
constexpr std::string_view kToken = "m.login.registration_token";
constexpr std::string_view kNonceKind = "nonce";
constexpr absl::Duration kNonceLifetime = absl::Minutes(1);
constexpr size_t kMaxNonces = 10'000;
constexpr size_t kMaxUserIdBytes = 255;

// With a first session for the body's device, unless the body forbids it.
absl::Status AddSession(const json::Object& body, const v1::ClientInfo& client, v1::CreateAccountRequest& account) {
  PARLEY_RETURN_IF_ERROR(DeviceRequest::Parse(body, client).status());
  PARLEY_TRY(const bool inhibit_login, OptionalBool(body, "inhibit_login", false));
  if (inhibit_login) return absl::OkStatus();
  json::Object device = body;
  device.Erase("password");
  account.set_device(json::Serialize(device));
  *account.mutable_client() = client;
  return absl::OkStatus();
}

}  // namespace

Registration::Registration(const Deps& deps, Passwords& passwords, Sessions& sessions, UiaSessions& uia)
    : deps_(deps), passwords_(passwords), sessions_(sessions), uia_(uia) {}

std::vector<UiaFlow> Registration::Flows() const {
  std::vector<UiaFlow> flows;
  if (deps_.config.open_registration) flows.push_back({std::string(kDummy)});
  if (!deps_.config.registration_tokens.empty()) flows.push_back({std::string(kToken)});
  return flows;
}

bool Registration::IsValidToken(std::string_view token) const {
  bool is_valid = false;
  for (const std::string& known : deps_.config.registration_tokens) {
    is_valid |= crypto::EqualInConstantTime(known, token);
  }
  return is_valid;
}

bool Registration::IsReserved(std::string_view localpart) const {
  for (const std::string& reserved : deps_.config.reserved_localparts) {
    const bool is_prefix = !reserved.empty() && reserved.back() == '*';
    if (is_prefix ? localpart.starts_with(std::string_view(reserved).substr(0, reserved.size() - 1))
                  : localpart == reserved) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<UserId> Registration::CheckUsername(std::string_view username) {
  const std::string localpart = absl::AsciiStrToLower(Abs(username));
  const std::string text = StrCat("@", localpart, ":", deps_.config.server_name);
  if (!IsValidNewLocalpart(localpart) || text.size() > kMaxUserIdBytes) {
    return Matrix(400, "M_INVALID_USERNAME", "User names hold only a-z, 0-9 and ._=-/+, and are not too long");
  }
  if (IsReserved(localpart)) return Matrix(400, "M_EXCLUSIVE", "This user name is reserved");
  UserId user = UserId::Trusted(text);
  PARLEY_TRY(const LockedAccount account, deps_.accounts.Lock(user));
  if (account->exists) return Matrix(400, "M_USER_IN_USE", "This user name is taken");
  return user;
}

UserId Registration::MakeUserId() {
  static constexpr std::string_view kAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";
  std::string localpart = deps_.rng.Bytes(12);
  for (char& c : localpart) c = kAlphabet[static_cast<unsigned char>(c) % kAlphabet.size()];
  return UserId::Trusted(StrCat("@", localpart, ":", deps_.config.server_name));
}

absl::StatusOr<UserId> Registration::ReadUsername(const json::Object& body) {
  PARLEY_TRY(const auto username, OptionalString(body, "username"));
  if (!username) return MakeUserId();
  return CheckUsername(*username);
}

absl::StatusOr<v1::JsonResponse> Registration::Register(const rpc::Call& call, const v1::RegisterRequest& request) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  if (request.kind() == "guest") return RegisterGuest(call, body, request.client());
  if (!request.kind().empty() && request.kind() != "user") return InvalidParam("'kind' must be user or guest");
  PARLEY_TRY(const auto type, OptionalString(body, "type"));
  if (type == "m.login.application_service") return Forbidden("No application service is known by this token");
  if (Flows().empty()) return Forbidden("Registration is not open on this server");
  // A name that can't be had, or a body that can't be right, is said before anything is asked.
  PARLEY_RETURN_IF_ERROR(ReadUsername(body).status());
  PARLEY_RETURN_IF_ERROR(OptionalString(body, "password").status());
  PARLEY_RETURN_IF_ERROR(DeviceRequest::Parse(body, request.client()).status());
  PARLEY_TRY(const json::Object authenticated, Authenticate(body));
  return RegisterUser(call, authenticated, request.client());
}

absl::StatusOr<json::Object> Registration::Authenticate(const json::Object& body) {
  const UiaOperation operation{"register", "", deps_.changes.Any(deps_.rng), Flows(), body, /*remembers_body=*/true};
  return uia_.Authenticate(operation, [&](std::string_view type, const json::Object& auth) -> absl::Status {
    if (type == kDummy) return absl::OkStatus();
    PARLEY_TRY(const std::string token, RequiredString(auth, "token"));
    return IsValidToken(token) ? absl::OkStatus() : Matrix(401, "M_UNAUTHORIZED", "This token is not valid");
  });
}

absl::StatusOr<v1::JsonResponse> Registration::RegisterUser(const rpc::Call& call, const json::Object& body,
                                                            const v1::ClientInfo& client) {
  v1::CreateAccountRequest account;
  PARLEY_TRY(const UserId user, ReadUsername(body));
  account.set_user_id(user.str());
  PARLEY_TRY(const std::string password, RequiredString(body, "password"));
  PARLEY_RETURN_IF_ERROR(AddSession(body, client, account));
  PARLEY_TRY(*account.mutable_password_hash(), passwords_.Hash(password));
  return deps_.owners.CreateAccount(call, account);
}

absl::StatusOr<v1::JsonResponse> Registration::RegisterGuest(const rpc::Call& call, const json::Object& body,
                                                             const v1::ClientInfo& client) {
  if (!deps_.config.allow_guests) {
    return Matrix(403, "M_GUEST_ACCESS_FORBIDDEN", "Guests are not allowed on this server");
  }
  json::Object device = body;
  device.Erase("device_id");
  device.Erase("inhibit_login");
  v1::CreateAccountRequest account;
  PARLEY_RETURN_IF_ERROR(AddSession(device, client, account));
  account.set_user_id(MakeUserId().str());
  account.set_is_guest(true);
  return deps_.owners.CreateAccount(call, account);
}

absl::StatusOr<json::Object> Registration::Create(const v1::CreateAccountRequest& request) {
  std::optional<DeviceRequest> device;
  if (request.has_device()) {
    PARLEY_TRY(const json::Object body, ParseBody(request.device()));
    PARLEY_TRY(device, DeviceRequest::Parse(body, request.client()));
  }
  PARLEY_TRY(LockedAccount account, deps_.accounts.Lock(UserId::Trusted(request.user_id())));
  if (account->exists) return Matrix(400, "M_USER_IN_USE", "This user name is taken");
  Account created;
  created.id = account->id;
  created.partition = account->partition;
  created.exists = true;
  created.password_hash = request.password_hash();
  created.flags = {.is_admin = request.is_admin(), .is_guest = request.is_guest()};
  created.created_at_ms = deps_.clock.NowMs();
  Sessions::Opened opened;
  PARLEY_TRY(created.last_change, deps_.changes.Commit(account, [&](store::Batch& batch, int64_t position) {
    tables::InsertUser(batch, created);
    deps_.outbox.AddJob(batch, created, tables::kCreateProfileJob, position);
    if (device) opened = sessions_.Open(batch, created, *device);
  }));
  if (device) sessions_.Apply(created, *device, opened);
  *account = std::move(created);
  if (device) return sessions_.Describe(*account, opened);
  return json::Object{{"user_id", request.user_id()}, {"home_server", deps_.config.server_name}};
}

std::string Registration::MakeNonce() {
  const std::string nonce = MakeToken(kNonceKind, deps_.changes.Any(deps_.rng), 32, deps_.rng);
  absl::MutexLock lock(&mutex_);
  absl::erase_if(nonces_, [this](const auto& entry) { return entry.second <= deps_.clock.Now(); });
  if (nonces_.size() < kMaxNonces) nonces_[nonce] = deps_.clock.Now() + kNonceLifetime;
  return nonce;
}

absl::Status Registration::UseNonce(const std::string& nonce) {
  absl::MutexLock lock(&mutex_);
  const auto found = nonces_.find(nonce);
  const bool is_good = found != nonces_.end() && found->second > deps_.clock.Now();
  if (found != nonces_.end()) nonces_.erase(found);
  return is_good ? absl::OkStatus() : Matrix(400, "M_UNKNOWN", "Unrecognised nonce");
}

// HMAC-SHA1 of nonce, user name, password, "admin" or "notadmin" and, when given, the user type, with NULs between.
absl::Status Registration::CheckMac(const json::Object& body) const {
  PARLEY_TRY(const std::string nonce, RequiredString(body, "nonce"));
  PARLEY_TRY(const std::string username, RequiredString(body, "username"));
  PARLEY_TRY(const std::string password, RequiredString(body, "password"));
  PARLEY_TRY(const std::string mac, RequiredString(body, "mac"));
  PARLEY_TRY(const bool admin, OptionalBool(body, "admin", false));
  PARLEY_TRY(const auto user_type, OptionalString(body, "user_type"));
  const std::string_view nul("\0", 1);
  std::string text = StrCat(nonce, nul, username, nul, password, nul, admin ? "admin" : "notadmin");
  if (user_type) StrAppend(&text, nul, *user_type);
  const std::string expected = crypto::EncodeHex(crypto::HmacSha1(deps_.config.registration_shared_secret, text));
  return crypto::EqualInConstantTime(expected, absl::AsciiStrToLower(mac)) ? absl::OkStatus()
                                                                            : Forbidden("HMAC incorrect");
}

absl::StatusOr<v1::JsonResponse> Registration::RegisterWithSecret(const rpc::Call& call,
                                                                  const v1::RegisterRequest& request) {
  if (deps_.config.registration_shared_secret.empty()) {
    return Matrix(400, "M_UNKNOWN", "Shared secret registration is not enabled");
  }
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  PARLEY_TRY(const std::string nonce, RequiredString(body, "nonce"));
  PARLEY_RETURN_IF_ERROR(UseNonce(nonce));
  PARLEY_RETURN_IF_ERROR(CheckMac(body));
  PARLEY_TRY(const std::string username, RequiredString(body, "username"));
  PARLEY_TRY(const UserId user, CheckUsername(username));
  PARLEY_TRY(const std::string password, RequiredString(body, "password"));
  v1::CreateAccountRequest account;
  account.set_user_id(user.str());
  PARLEY_TRY(const bool is_admin, OptionalBool(body, "admin", false));
  account.set_is_admin(is_admin);
  PARLEY_RETURN_IF_ERROR(AddSession(body, request.client(), account));
  PARLEY_TRY(*account.mutable_password_hash(), passwords_.Hash(password));
  return deps_.owners.CreateAccount(call, account);
}

}  // namespace parley::accounts
