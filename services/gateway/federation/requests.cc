#include "services/gateway/federation/requests.h"

#include <utility>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::gateway {

void AddSigned(Router& router, const FederationDeps& deps, const SignedRoute& route) {
  router.Add({.method = route.method,
              .path = route.path,
              .auth = Auth::kNone,
              .limit = Limit::kNone,
              .max_body = route.max_body,
              .handler = Signed(deps.auth, [deps = deps.deps, handle = route.handle](
                                               RequestContext& context, const std::string& origin) {
                return handle(deps, context, origin);
              })});
}

absl::StatusOr<std::string> RequiredQuery(const RequestContext& context, std::string_view name) {
  const auto value = context.Query(name);
  if (!value) return MissingParam(StrCat(name, " is missing"));
  return std::string(*value);
}

absl::StatusOr<std::vector<std::string>> StringsOf(const json::Object& body, std::string_view key,
                                                   size_t most) {
  const json::Value* value = body.Find(key);
  if (value == nullptr) return std::vector<std::string>();
  if (!value->is_array()) return BadJson(StrCat(key, " must be an array"));
  if (value->AsArray()->size() > most) return BadJson(StrCat(key, " is too long"));
  std::vector<std::string> strings;
  for (const json::Value& item : *value->AsArray()) {
    if (!item.is_string()) return BadJson(StrCat(key, " must hold strings"));
    strings.push_back(*item.AsString());
  }
  return strings;
}

absl::StatusOr<HttpAnswer> ToAnswer(absl::StatusOr<events::FederationJson> response) {
  PARLEY_RETURN_IF_ERROR(response.status());
  return JsonAnswer(std::move(*response->mutable_json()));
}

}  // namespace parley::gateway
