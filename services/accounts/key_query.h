#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "common/rpc/call.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"
#include "services/accounts/tables/keys.h"

namespace parley::accounts {

// Other users' keys, and one's own: POST /keys/query and /keys/claim, for users of this server.
// Threads: every method may be called from any.
class KeyQuery {
 public:
  explicit KeyQuery(const Deps& deps) : deps_(deps) {}

  // Device keys and cross-signing keys with the signatures that `requester` may see: those of the keys' owner and the
  // requester's own. The user-signing key is the owner's alone. Users of other servers: `failures`.
  absl::StatusOr<json::Object> Query(const UserId& requester, const json::Object& body);

  // What another server learns of all of the user's devices: GET /_matrix/federation/v1/user/devices/{userId}. M_NOT_FOUND.
  absl::StatusOr<json::Object> Devices(const UserId& user);

  // One key for each device asked; no one-time key is given twice, and the fallback key only when none is left.
  absl::StatusOr<json::Object> Claim(const rpc::Call& call, const json::Object& body);
  // The same, by the owner of the users' partitions.
  absl::StatusOr<v1::ClaimOneTimeKeysResponse> ClaimHere(const v1::ClaimOneTimeKeysRequest& request);

 private:
  struct Found;

  absl::Status ReadUser(store::Reader& reader, const UserId& requester, const UserId& user,
                        const std::vector<std::string>& devices, Found& found);
  // Device → algorithm, of one user; adds to `answer` name → key of each.
  absl::Status ClaimOfUser(const UserId& user, const google::protobuf::Map<std::string, std::string>& devices,
                           json::Object& answer);

  const Deps deps_;
};

}  // namespace parley::accounts
