#include "services/gateway/endpoint.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/common/v1/common.pb.h"
#include "services/gateway/token.h"

namespace parley::gateway {
namespace {

bool IsInteger(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

int64_t ClampedInteger(std::string_view text) {
  int64_t number = 0;
  if (absl::SimpleAtoi(Abs(text), &number)) return number;
  return text[0] == '-' ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

absl::Status WrongKind(std::string_view key, std::string_view wanted) {
  return BadJson(StrCat(key, " must be ", wanted));
}

}  // namespace

common::v1::Requester Requester::ToProto() const {
  common::v1::Requester proto;
  proto.set_user_id(user.str());
  proto.set_device_id(device_id);
  proto.set_is_admin(is_admin);
  proto.set_is_guest(is_guest);
  return proto;
}

RequestContext::RequestContext(http::Request request, PathParams params, Requester requester, rpc::Call call)
    : request_(std::move(request)),
      params_(std::move(params)),
      requester_(std::move(requester)),
      call_(std::move(call)) {}

std::string_view RequestContext::access_token() const { return TokenOf(request_, /*from_query=*/true); }

const std::string& RequestContext::Param(std::string_view name) const {
  for (const auto& [key, value] : params_) {
    if (key == name) return value;
  }
  std::abort();
}

absl::StatusOr<UserId> RequestContext::UserParam(std::string_view name) const { return UserId::Parse(Param(name)); }
absl::StatusOr<RoomId> RequestContext::RoomParam(std::string_view name) const { return RoomId::Parse(Param(name)); }
absl::StatusOr<EventId> RequestContext::EventParam(std::string_view name) const { return EventId::Parse(Param(name)); }
absl::StatusOr<RoomAlias> RequestContext::AliasParam(std::string_view name) const {
  return RoomAlias::Parse(Param(name));
}

absl::StatusOr<UserId> RequestContext::OwnUserParam(std::string_view name) const {
  PARLEY_TRY(UserId user, UserParam(name));
  if (user != requester_.user) return Forbidden("This is another user's");
  return user;
}

std::optional<std::string_view> RequestContext::Query(std::string_view name) const {
  return request_.QueryParam(name);
}

std::string RequestContext::QueryOr(std::string_view name, std::string_view fallback) const {
  return std::string(Query(name).value_or(fallback));
}

absl::StatusOr<int64_t> RequestContext::QueryInt(std::string_view name, int64_t fallback) const {
  const auto text = Query(name);
  if (!text) return fallback;
  if (!IsInteger(*text)) return InvalidParam(StrCat(name, " must be an integer"));
  return ClampedInteger(*text);
}

absl::StatusOr<bool> RequestContext::QueryBool(std::string_view name, bool fallback) const {
  const auto text = Query(name);
  if (!text) return fallback;
  if (*text == "true") return true;
  if (*text == "false") return false;
  return InvalidParam(StrCat(name, " must be true or false"));
}

std::vector<std::string_view> RequestContext::QueryAll(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : request_.query) {
    if (key == name) values.push_back(value);
  }
  return values;
}

absl::StatusOr<const json::Object*> RequestContext::Body() {
  if (!body_) body_ = json::ParseObject(request_.body);
  if (!body_->ok()) return body_->status();
  return &**body_;
}

absl::StatusOr<const json::Object*> RequestContext::BodyOrEmpty() {
  if (!body_ && request_.body.empty()) body_ = json::Object();
  return Body();
}

absl::StatusOr<std::string> RequiredString(const json::Object& body, std::string_view key) {
  PARLEY_TRY(std::optional<std::string> value, OptionalString(body, key));
  if (!value) return MissingParam(StrCat(key, " is missing"));
  return *std::move(value);
}

absl::StatusOr<std::optional<std::string>> OptionalString(const json::Object& body, std::string_view key) {
  const json::Value* value = body.Find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) return WrongKind(key, "a string");
  return *value->AsString();
}

absl::StatusOr<std::optional<int64_t>> OptionalInt(const json::Object& body, std::string_view key) {
  const json::Value* value = body.Find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_int()) return WrongKind(key, "an integer");
  return *value->AsInt();
}

absl::StatusOr<bool> OptionalBool(const json::Object& body, std::string_view key, bool fallback) {
  const json::Value* value = body.Find(key);
  if (value == nullptr) return fallback;
  if (!value->is_bool()) return WrongKind(key, "true or false");
  return *value->AsBool();
}

HttpAnswer JsonAnswer(std::string json) {
  HttpAnswer answer;
  answer.body = std::move(json);
  return answer;
}

HttpAnswer JsonAnswer(const json::Object& object) { return JsonAnswer(json::Serialize(object)); }

HttpAnswer EmptyAnswer() { return JsonAnswer(std::string("{}")); }

}  // namespace parley::gateway
