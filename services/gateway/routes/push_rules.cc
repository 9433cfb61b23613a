// /_matrix/client/v3/pushrules/…, with and without a slash at the end. Client-Server API, "Push Rules: API".
#include "common/status/macros.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

// How much of /pushrules/{scope}/{kind}/{ruleId}/{attribute} a route's path has.
struct Depth {
  std::string_view path;
  int parts;
};

constexpr Depth kReadable[] = {
    {"/_matrix/client/v3/pushrules", 0},
    {"/_matrix/client/v3/pushrules/", 0},
    {"/_matrix/client/v3/pushrules/{scope}", 1},
    {"/_matrix/client/v3/pushrules/{scope}/", 1},
    {"/_matrix/client/v3/pushrules/{scope}/{kind}", 2},
    {"/_matrix/client/v3/pushrules/{scope}/{kind}/", 2},
    {"/_matrix/client/v3/pushrules/{scope}/{kind}/{ruleId}", 3},
    {"/_matrix/client/v3/pushrules/{scope}/{kind}/{ruleId}/{attribute}", 4},
};

accounts::PushRulePath ReadPath(const RequestContext& context, int parts) {
  accounts::PushRulePath path;
  if (parts > 0) path.set_scope(context.Param("scope"));
  if (parts > 1) path.set_kind(context.Param("kind"));
  if (parts > 2) path.set_rule_id(context.Param("ruleId"));
  if (parts > 3) path.set_attribute(context.Param("attribute"));
  return path;
}

RouteHandler Get(accounts::AccountsService& service, int parts) {
  return [&service, parts](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::GetPushRulesRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    *request.mutable_path() = ReadPath(context, parts);
    return ToAnswer(service.GetPushRules(context.call(), request));
  };
}

RouteHandler Set(accounts::AccountsService& service, int parts) {
  return [&service, parts](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_RETURN_IF_ERROR(context.Body().status());
    accounts::SetPushRuleRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    *request.mutable_path() = ReadPath(context, parts);
    request.set_body(context.RawBody());
    request.set_before(context.QueryOr("before", ""));
    request.set_after(context.QueryOr("after", ""));
    return ToEmptyAnswer(service.SetPushRule(context.call(), request));
  };
}

RouteHandler Delete(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::DeletePushRuleRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    *request.mutable_path() = ReadPath(context, 3);
    return ToEmptyAnswer(service.DeletePushRule(context.call(), request));
  };
}

}  // namespace

void AddPushRuleRoutes(Router& router, const Deps& deps) {
  for (const Depth& depth : kReadable) {
    router.Add({.method = "GET", .path = depth.path, .handler = Get(deps.accounts, depth.parts)});
    if (depth.parts < 3) continue;
    router.Add({.method = "PUT",
                .path = depth.path,
                .limit = Limit::kWrite,
                .handler = Set(deps.accounts, depth.parts)});
  }
  router.Add({.method = "DELETE",
              .path = "/_matrix/client/v3/pushrules/{scope}/{kind}/{ruleId}",
              .limit = Limit::kWrite,
              .handler = Delete(deps.accounts)});
}

}  // namespace parley::gateway
