#include "services/accounts/user_lookup.h"

#include <absl/strings/ascii.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"

namespace parley::accounts {
namespace {

absl::StatusOr<std::string> ReadName(const json::Object& body) {
  PARLEY_TRY(const json::Object* identifier, OptionalObject(body, "identifier"));
  if (identifier == nullptr) return RequiredString(body, "user");
  PARLEY_TRY(const std::string type, RequiredString(*identifier, "type"));
  if (type == "m.id.user") return RequiredString(*identifier, "user");
  if (type == "m.id.thirdparty" || type == "m.id.phone") return Forbidden("No user is known by this identifier");
  return Matrix(400, "M_UNKNOWN", "Unknown kind of identifier");
}

}  // namespace

absl::StatusOr<UserId> ReadUser(const json::Object& body, std::string_view server_name) {
  PARLEY_TRY(const std::string name, ReadName(body));
  const std::string text = !name.empty() && name[0] == '@' ? name : StrCat("@", name, ":", server_name);
  const auto user = UserId::Parse(text);
  if (!user.ok() || user->server_name() != server_name) return Forbidden("Invalid user name or password");
  return UserId::Trusted(StrCat("@", absl::AsciiStrToLower(Abs(user->localpart())), ":", server_name));
}

}  // namespace parley::accounts
