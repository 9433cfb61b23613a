#include "services/accounts/openid.h"

#include <optional>

#include "common/base/token.h"
#include "common/crypto/hash.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/tables/sessions.h"

namespace parley::accounts {
namespace {

constexpr std::string_view kKind = "poi";

}  // namespace

absl::StatusOr<json::Object> OpenId::CreateToken(const UserId& user) {
  const Partition partition = deps_.accounts.PartitionOfUser(user);
  const std::string token = MakeToken(kKind, partition, 32, deps_.rng);
  store::Batch batch;
  tables::PruneShortTokens(batch, partition, deps_.clock.NowMs());
  tables::PutShortToken(batch, partition,
                        {crypto::Sha256(token), std::string(kKind), user.str(),
                         absl::ToUnixMillis(deps_.clock.Now() + deps_.config.openid_token_lifetime)});
  PARLEY_RETURN_IF_ERROR(deps_.changes.CommitQuietly(partition, std::move(batch)));
  return json::Object{{"access_token", token},
                      {"token_type", "Bearer"},
                      {"matrix_server_name", deps_.config.server_name},
                      {"expires_in", absl::ToInt64Seconds(deps_.config.openid_token_lifetime)}};
}

absl::StatusOr<UserId> OpenId::FindUser(std::string_view token) {
  const auto partition = TokenPartition(kKind, token, deps_.changes.partitions());
  if (!partition) return UnknownToken("Unrecognised OpenID token");
  std::optional<tables::ShortToken> found;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(found, tables::FindShortToken(reader, *partition, crypto::Sha256(token)));
    return absl::OkStatus();
  }));
  if (!found || found->kind != kKind || found->expires_at_ms <= deps_.clock.NowMs()) {
    return UnknownToken("Unrecognised OpenID token");
  }
  return UserId::Trusted(found->user_id);
}

}  // namespace parley::accounts
