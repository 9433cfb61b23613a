// /_matrix/client/v1/admin/{lock,suspend}/{userId} and /_matrix/client/v3/admin/whois/{userId}.
// Client-Server API, "Server Administration".
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

enum class Flag { kLocked, kSuspended };

std::string_view NameOf(Flag flag) { return flag == Flag::kLocked ? "locked" : "suspended"; }

bool ValueOf(Flag flag, const accounts::User& user) {
  return flag == Flag::kLocked ? user.is_locked() : user.is_suspended();
}

// The user in the path, if the requester may administer and it is one of ours.
absl::StatusOr<accounts::User> ReadTarget(RequestContext& context, accounts::AccountsService& service) {
  if (!context.requester().is_admin) return Forbidden("Only administrators may do this");
  PARLEY_TRY(const UserId user, context.UserParam("userId"));
  if (user.server_name() != context.requester().user.server_name()) {
    return InvalidParam("This is not a user of this server");
  }
  accounts::GetUserRequest request;
  request.set_user_id(user.str());
  PARLEY_TRY(const auto response, service.GetUser(context.call(), request));
  return response.user();
}

RouteHandler GetFlag(accounts::AccountsService& service, Flag flag) {
  return [&service, flag](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_TRY(const accounts::User user, ReadTarget(context, service));
    return JsonAnswer(json::Object{{std::string(NameOf(flag)), ValueOf(flag, user)}});
  };
}

RouteHandler SetFlag(accounts::AccountsService& service, Flag flag) {
  return [&service, flag](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_TRY(const accounts::User user, ReadTarget(context, service));
    PARLEY_TRY(const json::Object* body, context.Body());
    const json::Value* value = body->Find(NameOf(flag));
    if (value == nullptr) return MissingParam("The new value is missing");
    if (!value->is_bool()) return BadJson("The new value must be a boolean");
    if (user.is_admin()) return Forbidden("Administrators can't be locked or suspended");
    accounts::SetUserFlagsRequest request;
    request.set_user_id(user.user_id());
    if (flag == Flag::kLocked) request.set_is_locked(*value->AsBool());
    if (flag == Flag::kSuspended) request.set_is_suspended(*value->AsBool());
    PARLEY_RETURN_IF_ERROR(service.SetUserFlags(context.call(), request).status());
    return JsonAnswer(json::Object{{std::string(NameOf(flag)), *value->AsBool()}});
  };
}

RouteHandler Whois(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_TRY(const UserId user, context.UserParam("userId"));
    accounts::WhoisRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    request.set_user_id(user.str());
    return ToAnswer(service.Whois(context.call(), request));
  };
}

}  // namespace

void AddAdminRoutes(Router& router, const Deps& deps) {
  constexpr std::string_view kLock = "/_matrix/client/v1/admin/lock/{userId}";
  constexpr std::string_view kSuspend = "/_matrix/client/v1/admin/suspend/{userId}";
  for (const Flag flag : {Flag::kLocked, Flag::kSuspended}) {
    const std::string_view path = flag == Flag::kLocked ? kLock : kSuspend;
    router.Add({.method = "GET", .path = path, .handler = GetFlag(deps.accounts, flag)});
    router.Add({.method = "PUT",
                .path = path,
                .limit = Limit::kWrite,
                .ends_tokens = true,
                .handler = SetFlag(deps.accounts, flag)});
  }
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/admin/whois/{userId}",
              .handler = Whois(deps.accounts)});
}

}  // namespace parley::gateway
