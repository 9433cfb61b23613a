#pragma once

#include <string>
#include <string_view>

#include <absl/time/time.h>

namespace parley::calls {

struct TurnCredential {
  std::string username;
  std::string password;
};

// A credential that TURN servers with the same secret accept until `expires_at`: the name is "<unix
// seconds>:<user>", the password its HMAC-SHA1 in base64 ("A REST API For Access To TURN Services",
// draft-uberti-behave-turn-rest).
TurnCredential MakeTurnCredential(std::string_view secret, std::string_view user_id,
                                  absl::Time expires_at);

}  // namespace parley::calls
