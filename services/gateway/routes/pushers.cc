// /_matrix/client/v3/pushers and /notifications. Client-Server API, "Push Notifications". Nothing is delivered to push
// gateways by this server, so no pusher can be added and no notification is kept; requests are checked all the same.
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

absl::StatusOr<HttpAnswer> List(RequestContext&) { return JsonAnswer(json::Object{{"pushers", json::Array()}}); }

absl::StatusOr<HttpAnswer> ListNotifications(RequestContext& context) {
  PARLEY_TRY(const int64_t limit, context.QueryInt("limit", 10));
  if (limit < 0) return InvalidParam("'limit' must not be negative");
  return JsonAnswer(json::Object{{"notifications", json::Array()}});
}

absl::Status CheckHttpPusher(const json::Object& body) {
  const json::Object* data = json::FindObject(body, "data");
  if (data == nullptr) return MissingParam("Missing 'data'");
  PARLEY_TRY(const std::string url, RequiredString(*data, "url"));
  const bool is_gateway = url.starts_with("https://") && url.ends_with("/_matrix/push/v1/notify");
  return is_gateway ? absl::OkStatus() : InvalidParam("'url' must be https and end in /_matrix/push/v1/notify");
}

absl::StatusOr<HttpAnswer> Set(RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  for (const std::string_view key : {"app_id", "pushkey"}) {
    PARLEY_RETURN_IF_ERROR(RequiredString(*body, key).status());
  }
  const json::Value* kind = body->Find("kind");
  if (kind == nullptr) return MissingParam("Missing 'kind'");
  if (kind->is_null()) return EmptyAnswer();
  for (const std::string_view key : {"app_display_name", "device_display_name", "lang", "kind"}) {
    PARLEY_RETURN_IF_ERROR(RequiredString(*body, key).status());
  }
  if (*kind->AsString() == "http") PARLEY_RETURN_IF_ERROR(CheckHttpPusher(*body));
  return Matrix(400, "M_UNKNOWN", "This server does not deliver to push gateways");
}

}  // namespace

void AddPusherRoutes(Router& router, const Deps&) {
  router.Add({.method = "GET", .path = "/_matrix/client/v3/pushers", .handler = List});
  router.Add({.method = "GET", .path = "/_matrix/client/v3/notifications", .handler = ListNotifications});
  router.Add({.method = "POST",
              .path = "/_matrix/client/v3/pushers/set",
              .limit = Limit::kWrite,
              .handler = Set});
}

}  // namespace parley::gateway
