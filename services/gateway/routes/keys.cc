// /_matrix/client/v3/keys/…: device keys, one-time keys, cross-signing.
// Client-Server API, "End-to-End Encryption". /keys/changes is with sync.
#include "services/gateway/deps.h"
#include "services/gateway/federation/remote_keys.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

constexpr size_t kMaxBody = 1 << 20;

}  // namespace

void AddKeyRoutes(Router& router, const Deps& deps) {
  using Accounts = accounts::AccountsService;
  struct Endpoint {
    std::string_view path;
    BodyMethod method;
  };
  for (const Endpoint& endpoint : {
           Endpoint{"/_matrix/client/v3/keys/upload", &Accounts::UploadKeys},
           Endpoint{"/_matrix/client/v3/keys/device_signing/upload", &Accounts::UploadSigningKeys},
           Endpoint{"/_matrix/client/v3/keys/signatures/upload", &Accounts::UploadSignatures},
       }) {
    router.Add({.method = "POST",
                .path = endpoint.path,
                .auth = Auth::kGuest,
                .limit = Limit::kWrite,
                .max_body = kMaxBody,
                .handler = Forward(deps.accounts, endpoint.method)});
  }
  const auto add = [&](std::string_view path, auto handle) {
    router.Add({.method = "POST",
                .path = path,
                .auth = Auth::kGuest,
                .limit = Limit::kWrite,
                .max_body = kMaxBody,
                .handler = [deps, handle](RequestContext& context) { return handle(deps, context); }});
  };
  add("/_matrix/client/v3/keys/query", QueryKeys);
  add("/_matrix/client/v3/keys/claim", ClaimKeys);
}

}  // namespace parley::gateway
