#include "services/accounts/login.h"

#include "common/base/token.h"
#include "common/crypto/hash.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"
#include "services/accounts/tables/account.h"
#include "services/accounts/tables/sessions.h"
#include "services/accounts/user_lookup.h"

namespace parley::accounts {
namespace {

constexpr std::string_view kLoginTokenKind = "plt";

absl::Status CheckMayLogIn(const Account& account) {
  if (!account.exists) return Forbidden("Invalid user name or password");
  if (account.flags.is_deactivated) return Matrix(403, "M_USER_DEACTIVATED", "This account has been deactivated");
  if (account.flags.is_locked) {
    return ToStatus({401, "M_USER_LOCKED", "This account has been locked", "\"soft_logout\":true"});
  }
  return absl::OkStatus();
}

}  // namespace

Login::Login(const Deps& deps, Passwords& passwords, Sessions& sessions)
    : deps_(deps), passwords_(passwords), sessions_(sessions) {}

json::Object Login::Flows() const {
  return {{"flows", json::Array{json::Object{{"type", "m.login.password"}},
                                json::Object{{"type", "m.login.token"}, {"get_login_token", true}}}}};
}

absl::StatusOr<json::Object> Login::LogIn(const v1::LoginRequest& request) {
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  PARLEY_TRY(const std::string type, RequiredString(body, "type"));
  const bool by_password = type == "m.login.password";
  if (!by_password && type != "m.login.token") return Matrix(400, "M_UNKNOWN", "Unknown login type");
  PARLEY_TRY(const DeviceRequest device, DeviceRequest::Parse(body, request.client()));
  PARLEY_TRY(const UserId user, by_password ? CheckPassword(body) : UseToken(body));
  PARLEY_TRY(LockedAccount account, deps_.accounts.Lock(user));
  PARLEY_RETURN_IF_ERROR(CheckMayLogIn(*account));
  return sessions_.LogIn(account, device);
}

absl::StatusOr<UserId> Login::CheckPassword(const json::Object& body) {
  PARLEY_TRY(const std::string password, RequiredString(body, "password"));
  PARLEY_TRY(UserId user, ReadUser(body, deps_.config.server_name));
  PARLEY_RETURN_IF_ERROR(passwords_.Check(user, password));
  return user;
}

absl::StatusOr<json::Object> Login::CreateToken(const UserId& user) {
  const Partition partition = deps_.accounts.PartitionOfUser(user);
  const std::string token = MakeToken(kLoginTokenKind, partition, 32, deps_.rng);
  store::Batch batch;
  tables::PruneShortTokens(batch, partition, deps_.clock.NowMs());
  tables::PutShortToken(batch, partition,
                        {crypto::Sha256(token), std::string(kLoginTokenKind), user.str(),
                         absl::ToUnixMillis(deps_.clock.Now() + deps_.config.login_token_lifetime)});
  PARLEY_RETURN_IF_ERROR(deps_.changes.CommitQuietly(partition, std::move(batch)));
  return json::Object{{"login_token", token},
                      {"expires_in_ms", absl::ToInt64Milliseconds(deps_.config.login_token_lifetime)}};
}

// Read and removed under the account's lock, so that it serves once.
absl::StatusOr<UserId> Login::UseToken(const json::Object& body) {
  PARLEY_TRY(const std::string token, RequiredString(body, "token"));
  const absl::Status refusal = Forbidden("Invalid login token");
  const auto partition = TokenPartition(kLoginTokenKind, token, deps_.changes.partitions());
  if (!partition) return refusal;
  const std::string hash = crypto::Sha256(token);
  std::optional<tables::ShortToken> found;
  const auto find = [&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(found, tables::FindShortToken(reader, *partition, hash));
    return absl::OkStatus();
  };
  PARLEY_RETURN_IF_ERROR(deps_.store.Read(find));
  if (!found || found->kind != kLoginTokenKind) return refusal;
  UserId user = UserId::Trusted(found->user_id);
  PARLEY_TRY(const LockedAccount account, deps_.accounts.Lock(user));
  PARLEY_RETURN_IF_ERROR(deps_.store.Read(find));
  if (!found || found->expires_at_ms <= deps_.clock.NowMs()) return refusal;
  store::Batch batch;
  tables::DeleteShortToken(batch, *partition, hash);
  PARLEY_RETURN_IF_ERROR(deps_.changes.CommitQuietly(*partition, std::move(batch)));
  return user;
}

}  // namespace parley::accounts
