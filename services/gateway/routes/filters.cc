// /_matrix/client/v3/user/{userId}/filter. Client-Server API, "Filtering".
#include "common/status/macros.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

RouteHandler Create(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_RETURN_IF_ERROR(context.OwnUserParam("userId").status());
    PARLEY_TRY(const auto request, ToBodyRequest(context));
    PARLEY_TRY(const auto response, service.CreateFilter(context.call(), request));
    return JsonAnswer(json::Object{{"filter_id", response.filter_id()}});
  };
}

RouteHandler Get(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_TRY(const UserId user, context.OwnUserParam("userId"));
    accounts::GetFilterRequest request;
    request.set_user_id(user.str());
    request.set_filter_id(context.Param("filterId"));
    return ToAnswer(service.GetFilter(context.call(), request));
  };
}

}  // namespace

void AddFilterRoutes(Router& router, const Deps& deps) {
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/user/{userId}/filter",
              .auth = Auth::kGuest,
              .limit = Limit::kWrite,
              .handler = Create(deps.accounts)});
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/user/{userId}/filter/{filterId}",
              .auth = Auth::kGuest,
              .handler = Get(deps.accounts)});
}

}  // namespace parley::gateway
