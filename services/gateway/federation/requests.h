#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "parley/events/v1/room_federation.parley.h"
#include "services/gateway/endpoint.h"
#include "services/gateway/federation/routes.h"

// What the routes of federation share.
namespace parley::gateway {

using FederationHandler = absl::StatusOr<HttpAnswer> (*)(const Deps&, RequestContext&,
                                                         const std::string& origin);

struct SignedRoute {
  std::string_view method;
  std::string_view path;
  FederationHandler handle;
  size_t max_body = 256 << 10;
};

// Behind the signature's check; whoever is a server may ask as often as it likes.
void AddSigned(Router& router, const FederationDeps& deps, const SignedRoute& route);

// A query parameter that must be there.
absl::StatusOr<std::string> RequiredQuery(const RequestContext& context, std::string_view name);

// The strings of `body`'s array `key`, at most `most`; absent: none. M_BAD_JSON for anything else.
absl::StatusOr<std::vector<std::string>> StringsOf(const json::Object& body, std::string_view key,
                                                   size_t most);

// The whole answer of an endpoint, as the service has made it.
absl::StatusOr<HttpAnswer> ToAnswer(absl::StatusOr<events::FederationJson> response);

}  // namespace parley::gateway
