#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

#include "common/base/ids.h"
#include "common/http/message.h"
#include "common/http/server.h"
#include "common/json/value.h"
#include "common/rpc/call.h"

// What a route handler sees of a request, and what it answers.
namespace parley::common::v1 {
class Requester;
}  // namespace parley::common::v1

namespace parley::gateway {

// Who asks, as the access token says. Empty `user` where a route asks for no token and none came.
struct Requester {
  UserId user;
  std::string device_id;
  bool is_guest = false;
  bool is_admin = false;
  bool is_locked = false;
  bool is_suspended = false;
  int64_t token_id = 0;
  // Unix milliseconds; 0: the token does not expire.
  int64_t expires_at_ms = 0;

  // The form in which it travels to services.
  common::v1::Requester ToProto() const;
};

using PathParams = std::vector<std::pair<std::string_view, std::string>>;

// One request that has passed routing, authentication and limits. Lives until its handler returns (a parking handler
// keeps it as long as it likes). Threads: one at a time.
class RequestContext {
 public:
  RequestContext(http::Request request, PathParams params, Requester requester, rpc::Call call);

  const http::Request& request() const { return request_; }
  const Requester& requester() const { return requester_; }
  const rpc::Call& call() const { return call_; }
  // The access token as it came; empty when none did. Secret: for accounts alone, never logged.
  std::string_view access_token() const;

  // A path parameter, decoded: Param("roomId") for {roomId}. It is in the route's template, or this is a bug.
  const std::string& Param(std::string_view name) const;
  // The same, parsed. M_INVALID_PARAM when it is no such id.
  absl::StatusOr<UserId> UserParam(std::string_view name) const;
  absl::StatusOr<RoomId> RoomParam(std::string_view name) const;
  absl::StatusOr<EventId> EventParam(std::string_view name) const;
  absl::StatusOr<RoomAlias> AliasParam(std::string_view name) const;
  // UserParam, and M_FORBIDDEN unless it is the requester.
  absl::StatusOr<UserId> OwnUserParam(std::string_view name) const;

  // Query parameters. M_INVALID_PARAM when one is there and is not what it should be; integers too large for 64 bits
  // are clamped, since clients mean "as much as you like" with them.
  std::optional<std::string_view> Query(std::string_view name) const;
  std::string QueryOr(std::string_view name, std::string_view fallback) const;
  absl::StatusOr<int64_t> QueryInt(std::string_view name, int64_t fallback) const;
  absl::StatusOr<bool> QueryBool(std::string_view name, bool fallback) const;
  // All values of a parameter that may come several times.
  std::vector<std::string_view> QueryAll(std::string_view name) const;

  // The body as a JSON object; parsed at the first call. M_NOT_JSON, M_BAD_JSON (not an object, too deep).
  absl::StatusOr<const json::Object*> Body();
  // The same, where the specification makes the body optional: an absent body is an empty object.
  absl::StatusOr<const json::Object*> BodyOrEmpty();
  // The body's bytes as they came: valid once Body() has succeeded, to be passed on without re-encoding.
  const std::string& RawBody() const { return request_.body; }

 private:
  http::Request request_;
  PathParams params_;
  Requester requester_;
  rpc::Call call_;
  std::optional<absl::StatusOr<json::Object>> body_;
};

// Members of a request body. The error names the member: M_MISSING_PARAM when it is absent, M_INVALID_PARAM (or
// M_BAD_JSON, as the specification has it for most bodies) when it is of another kind.
absl::StatusOr<std::string> RequiredString(const json::Object& body, std::string_view key);
absl::StatusOr<std::optional<std::string>> OptionalString(const json::Object& body, std::string_view key);
absl::StatusOr<std::optional<int64_t>> OptionalInt(const json::Object& body, std::string_view key);
absl::StatusOr<bool> OptionalBool(const json::Object& body, std::string_view key, bool fallback);

using HttpAnswer = http::Response;

// 200 with this JSON text.
HttpAnswer JsonAnswer(std::string json);
HttpAnswer JsonAnswer(const json::Object& object);
// 200 {}.
HttpAnswer EmptyAnswer();

// A handler that answers when it returns. It runs on the gateway's work pool and may block, within call().deadline.
using RouteHandler = std::function<absl::StatusOr<HttpAnswer>(RequestContext&)>;

// A handler that may answer later (/sync): it runs on the work pool, and keeps the two until it has an answer.
using ParkingHandler = std::function<void(std::unique_ptr<RequestContext>, http::Responder)>;

}  // namespace parley::gateway
