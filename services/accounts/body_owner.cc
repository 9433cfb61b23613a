#include "services/accounts/body_owner.h"

#include "common/base/token.h"
#include "services/accounts/body.h"
#include "services/accounts/user_lookup.h"

namespace parley::accounts {
namespace {

std::optional<Partition> PartitionOfToken(const json::Object& body, std::string_view member,
                                          const Config& config) {
  return TokenPartition(json::StringOr(body, member, ""), config.partitions);
}

}  // namespace

std::optional<Partition> PartitionOfLogin(std::string_view body, const Config& config) {
  const auto login = ParseBody(body);
  if (!login.ok()) return std::nullopt;
  if (json::StringOr(*login, "type", "") == "m.login.token")
    return PartitionOfToken(*login, "token", config);
  const auto user = ReadUser(*login, config.server_name);
  if (!user.ok()) return std::nullopt;
  return PartitionOf(user->str(), config.partitions);
}

std::optional<Partition> PartitionOfRefreshToken(std::string_view body, const Config& config) {
  const auto refresh = ParseBody(body);
  if (!refresh.ok()) return std::nullopt;
  return PartitionOfToken(*refresh, "refresh_token", config);
}

std::optional<Partition> PartitionOfUiaSession(std::string_view body, const Config& config) {
  const auto request = ParseBody(body);
  const json::Object* auth = request.ok() ? json::FindObject(*request, "auth") : nullptr;
  if (auth == nullptr) return std::nullopt;
  return PartitionOfToken(*auth, "session", config);
}

std::optional<Partition> PartitionOfUiaSession(const v1::BodyRequest& request,
                                               const Config& config) {
  if (!request.requester().user_id().empty()) return std::nullopt;
  return PartitionOfUiaSession(request.body(), config);
}

std::optional<Partition> PartitionOfNonce(std::string_view body, const Config& config) {
  const auto request = ParseBody(body);
  if (!request.ok()) return std::nullopt;
  return PartitionOfToken(*request, "nonce", config);
}

}  // namespace parley::accounts
