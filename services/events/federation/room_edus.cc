#include "services/events/federation/room_edus.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "parley/federation/v1/federation.parley.h"
#include "services/events/federation/server_acl.h"
#include "services/events/store.h"
#include "services/events/typing.h"

namespace parley::events {
namespace {

constexpr absl::Duration kRemoteTyping = absl::Seconds(30);
constexpr size_t kMaxReceipts = 200;

bool IsOf(const std::string& user_id, const std::string& server) {
  const auto user = UserId::Parse(user_id);
  return user.ok() && user->server_name() == server;
}

void TakeTyping(const Context& context, TypingTable& table,
                const v1::ReceiveRoomEduRequest& request, const Room& room,
                const json::Object& content) {
  const std::string* user = json::FindString(content, "user_id");
  const json::Value* typing = content.Find("typing");
  if (user == nullptr || typing == nullptr || !typing->is_bool()) return;
  if (!IsOf(*user, request.origin()) || !room.state.IsJoined(*user)) return;
  const absl::Time now = context.clock.Now();
  table.Set(room.id, *user, *typing->AsBool() ? now + kRemoteTyping : absl::InfinitePast(), now);
}

// {"data": {"ts": …, "thread_id": …}, "event_ids": […]}
std::optional<NewReceipt> ReadReceipt(const Context& context, const std::string& user,
                                      const json::Object& told) {
  const json::Array* events = json::FindArray(told, "event_ids");
  const json::Object* data = json::FindObject(told, "data");
  if (events == nullptr || data == nullptr || events->empty() || !events->back().is_string())
    return std::nullopt;
  const json::Value* ts = data->Find("ts");
  if (ts != nullptr && !ts->is_int()) return std::nullopt;
  NewReceipt receipt{.user_id = user, .type = "m.read", .event_id = *events->back().AsString()};
  receipt.ts =
      std::clamp<int64_t>(ts ? *ts->AsInt() : context.clock.NowMs(), 0, context.clock.NowMs());
  if (const std::string* thread = json::FindString(*data, "thread_id")) receipt.thread_id = *thread;
  return receipt;
}

void TakeReceipts(const Context& context, const v1::ReceiveRoomEduRequest& request,
                  const RoomPtr& room, const json::Object& content) {
  const json::Object* read = json::FindObject(content, "m.read");
  if (read == nullptr) return;
  size_t left = kMaxReceipts;
  for (const auto& [user, told] : *read) {
    if (left-- == 0) return;
    if (!told.is_object() || !IsOf(user, request.origin()) || !room->state.IsJoined(user)) continue;
    const auto receipt = ReadReceipt(context, user, *told.AsObject());
    if (receipt) PlaceReceipt(context, room, *receipt).IgnoreError();
  }
}

void Tell(const Context& context, const rpc::Call& call, const Room& room, const std::string& key,
          json::Object edu) {
  if (context.federation == nullptr) return;
  federation::v1::SendEdusRequest request;
  federation::v1::Edu& out = *request.add_edus();
  for (std::string& server : room.state.Servers()) out.add_destinations(std::move(server));
  out.set_json(json::Serialize(edu));
  out.set_key(key);
  context.federation->SendEdus(call, request).IgnoreError();
}

absl::Status AddRooms(store::Reader& db, Partition p, const UserId& user,
                      std::vector<std::string>& rooms) {
  return db.Query(
      "SELECT r.room_id FROM events_room_servers s "
      "JOIN events_rooms r ON r.p = s.p AND r.room = s.room "
      "JOIN events_state m ON m.p = s.p AND m.room = s.room AND m.type = 'm.room.member' AND "
      "m.state_key = $3 "
      "WHERE s.p = $1 AND s.server = $2 AND s.to_pos = 0 AND m.membership = $4",
      {p, user.server_name(), user.str(), static_cast<int64_t>(event::Membership::kJoin) + 1},
      [&](const store::Row& row) { rooms.push_back(row.String(0)); });
}

}  // namespace

absl::Status TakeRoomEdu(const Context& context, TypingTable& typing,
                         const v1::ReceiveRoomEduRequest& request) {
  const auto content = json::ParseObject(request.content());
  const auto room = OpenSharedRoom(context, request.room_id(), request.origin());
  if (!content.ok() || !room.ok()) return absl::OkStatus();
  if (request.edu_type() == "m.typing") TakeTyping(context, typing, request, **room, *content);
  if (request.edu_type() == "m.receipt") TakeReceipts(context, request, *room, *content);
  return absl::OkStatus();
}

void TellTyping(const Context& context, const rpc::Call& call, const Room& room,
                const std::string& user_id, bool typing) {
  if (!room.state.HasOtherServers(context.config.server_name)) return;
  json::Object content{{"room_id", room.id}, {"typing", typing}, {"user_id", user_id}};
  Tell(context, call, room, StrCat("typing ", room.id, " ", user_id),
       {{"content", std::move(content)}, {"edu_type", "m.typing"}});
}

void TellReceipt(const Context& context, const rpc::Call& call, const std::string& room_id,
                 const NewReceipt& receipt) {
  const auto room = context.rooms.Get(room_id);
  if (!room.ok() || !(*room)->state.HasOtherServers(context.config.server_name)) return;
  json::Object data{{"ts", receipt.ts}};
  if (receipt.thread_id) data.Set("thread_id", *receipt.thread_id);
  json::Object told{{"data", std::move(data)}, {"event_ids", json::Array{receipt.event_id}}};
  json::Object content{
      {room_id, json::Object{{"m.read", json::Object{{receipt.user_id, std::move(told)}}}}}};
  Tell(context, call, **room,
       StrCat("receipt ", room_id, " ", receipt.user_id, " ", receipt.thread_id.value_or("")),
       {{"content", std::move(content)}, {"edu_type", "m.receipt"}});
}

absl::StatusOr<std::vector<std::string>> RoomsOfRemoteUser(const Context& context,
                                                           const std::string& user_id) {
  std::vector<std::string> rooms;
  PARLEY_TRY(const UserId user, UserId::Parse(user_id));
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    for (Partition p = 0; p < context.config.partitions; ++p) {
      PARLEY_RETURN_IF_ERROR(AddRooms(db, p, user, rooms));
    }
    return absl::OkStatus();
  }));
  return rooms;
}

}  // namespace parley::events
