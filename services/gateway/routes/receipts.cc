#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/room_requests.h"

// Client-server API, "Receipts", "Fully read markers" and "Typing Notifications".
namespace parley::gateway {
namespace {

constexpr int64_t kDefaultTypingMs = 30'000;

absl::Status SetFullyRead(const Deps& deps, const RequestContext& context, const std::string& room,
                          const std::string& event) {
  auto request = RequestBy<accounts::SetFullyReadRequest>(context);
  request.set_room_id(room);
  request.set_event_id(event);
  return deps.accounts.SetFullyRead(context.call(), request).status();
}

absl::Status SetReceipt(const Deps& deps, const RequestContext& context, const std::string& room,
                        const std::string& type, const std::string& event,
                        const std::optional<std::string>& thread = {}) {
  auto request = RequestBy<events::SetReceiptRequest>(context);
  request.set_room_id(room);
  request.set_receipt_type(type);
  request.set_event_id(event);
  if (thread) request.set_thread_id(*thread);
  return deps.events.SetReceipt(context.call(), request).status();
}

absl::StatusOr<std::optional<std::string>> ThreadOf(const json::Object& body) {
  const json::Value* thread = body.Find("thread_id");
  if (!thread) return std::nullopt;
  if (!thread->AsString() || thread->AsString()->empty()) return InvalidParam("thread_id must be a string, not empty");
  return *thread->AsString();
}

// POST /_matrix/client/v3/rooms/{roomId}/receipt/{receiptType}/{eventId}
absl::StatusOr<HttpAnswer> PostReceipt(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.BodyOrEmpty());
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const EventId event, context.EventParam("eventId"));
  PARLEY_TRY(const std::optional<std::string> thread, ThreadOf(*body));
  const std::string& type = context.Param("receiptType");
  if (type == "m.fully_read") {
    if (thread) return InvalidParam("m.fully_read has no threads");
    PARLEY_RETURN_IF_ERROR(SetFullyRead(deps, context, room.str(), event.str()));
  } else {
    PARLEY_RETURN_IF_ERROR(SetReceipt(deps, context, room.str(), type, event.str(), thread));
  }
  return EmptyAnswer();
}

// POST /_matrix/client/v3/rooms/{roomId}/read_markers
absl::StatusOr<HttpAnswer> PostReadMarkers(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  for (const std::string_view type : {"m.read", "m.read.private"}) {
    PARLEY_TRY(const std::optional<std::string> event, OptionalString(*body, type));
    if (event) PARLEY_RETURN_IF_ERROR(SetReceipt(deps, context, room.str(), std::string(type), *event));
  }
  PARLEY_TRY(const std::optional<std::string> fully_read, OptionalString(*body, "m.fully_read"));
  if (fully_read) PARLEY_RETURN_IF_ERROR(SetFullyRead(deps, context, room.str(), *fully_read));
  return EmptyAnswer();
}

// PUT /_matrix/client/v3/rooms/{roomId}/typing/{userId}
absl::StatusOr<HttpAnswer> PutTyping(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_RETURN_IF_ERROR(context.OwnUserParam("userId").status());
  const json::Value* typing = body->Find("typing");
  if (!typing || !typing->is_bool()) return BadJson("typing must be true or false");
  PARLEY_TRY(const std::optional<int64_t> timeout, OptionalInt(*body, "timeout"));
  auto request = RequestBy<events::SetTypingRequest>(context);
  request.set_room_id(room.str());
  request.set_typing(*typing->AsBool());
  request.set_timeout_ms(timeout.value_or(kDefaultTypingMs));
  PARLEY_RETURN_IF_ERROR(deps.events.SetTyping(context.call(), request).status());
  return EmptyAnswer();
}

}  // namespace

void AddReceiptRoutes(Router& router, const Deps& deps) {
  const auto add = [&](std::string_view method, std::string_view path, auto handle) {
    router.Add({.method = method,
                .path = path,
                .auth = Auth::kGuest,
                .limit = Limit::kRead,
                .handler = [deps, handle](RequestContext& context) { return handle(deps, context); }});
  };
  add("POST", "/_matrix/client/v3/rooms/{roomId}/receipt/{receiptType}/{eventId}", PostReceipt);
  add("POST", "/_matrix/client/v3/rooms/{roomId}/read_markers", PostReadMarkers);
  add("PUT", "/_matrix/client/v3/rooms/{roomId}/typing/{userId}", PutTyping);
}

}  // namespace parley::gateway
