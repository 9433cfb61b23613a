#include "services/calls/turn.h"

#include <absl/strings/escaping.h>

#include "common/base/strings.h"
#include "common/crypto/hash.h"

namespace parley::calls {

TurnCredential MakeTurnCredential(std::string_view secret, std::string_view user_id,
                                  absl::Time expires_at) {
  TurnCredential credential;
  credential.username = StrCat(absl::ToUnixSeconds(expires_at), ":", user_id);
  credential.password = absl::Base64Escape(crypto::HmacSha1(secret, credential.username));
  return credential;
}

}  // namespace parley::calls
