#include "common/status/matrix_error.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"

// Third-party networks are offered by application services; a server without any has none. Client-server API, "Third-party Networks".
namespace parley::gateway {
namespace {

absl::StatusOr<HttpAnswer> NoProtocols(RequestContext&) { return EmptyAnswer(); }
absl::StatusOr<HttpAnswer> NothingFound(RequestContext&) { return JsonAnswer("[]"); }
absl::StatusOr<HttpAnswer> NoSuchProtocol(RequestContext&) { return NotFound("There is no such protocol"); }

}  // namespace

void AddThirdPartyRoutes(Router& router, const Deps&) {
  const auto get = [&](std::string_view path, absl::StatusOr<HttpAnswer> (*handler)(RequestContext&)) {
    router.Add({.method = "GET", .path = path, .auth = Auth::kUser, .limit = Limit::kRead, .handler = handler});
  };
  get("/_matrix/client/v3/thirdparty/protocols", NoProtocols);
  get("/_matrix/client/v3/thirdparty/protocol/{protocol}", NoSuchProtocol);
  get("/_matrix/client/v3/thirdparty/location", NothingFound);
  get("/_matrix/client/v3/thirdparty/location/{protocol}", NoSuchProtocol);
  get("/_matrix/client/v3/thirdparty/user", NothingFound);
  get("/_matrix/client/v3/thirdparty/user/{protocol}", NoSuchProtocol);
}

}  // namespace parley::gateway
