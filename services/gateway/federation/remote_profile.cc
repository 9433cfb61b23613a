#include "services/gateway/federation/remote_profile.h"

#include <utility>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/federation/ask.h"

namespace parley::gateway {
namespace {

constexpr size_t kMaxProfileBytes = 64 << 10;

bool MustBeString(std::string_view field) {
  return field == "displayname" || field == "avatar_url";
}

}  // namespace

absl::StatusOr<json::Object> RemoteProfile(const Deps& deps, const rpc::Call& call,
                                           const UserId& user, const std::string& field) {
  Question question{.destination = std::string(user.server_name())};
  question.path =
      StrCat("/_matrix/federation/v1/query/profile?user_id=", PercentEncoded(user.str()));
  if (!field.empty()) question.path += StrCat("&field=", PercentEncoded(field));
  PARLEY_TRY(const json::Object told, Ask(deps.federation, call, question));
  json::Object profile;
  for (const auto& [name, value] : told) {
    if (!field.empty() && name != field) continue;
    if (!MustBeString(name) || value.is_string()) profile.Append(name, value);
  }
  if (!field.empty() && profile.empty()) return NotFound("The user has no such field");
  if (json::Serialize(profile).size() > kMaxProfileBytes)
    return NotFound("The user's profile is too large");
  return profile;
}

}  // namespace parley::gateway
