#include "services/events/federation/remote_membership.h"

#include <algorithm>

#include "common/event/client_format.h"
#include "common/event/room_version.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "services/events/read/room_token.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr size_t kMaxStripped = 100;

bool IsStateEvent(const json::Object& event) {
  return json::FindString(event, "type") && json::FindString(event, "state_key") &&
         json::FindString(event, "sender") && json::FindObject(event, "content");
}

absl::Status AddStripped(const RemoteMembershipRow& row, v1::RoomUpdate& update) {
  PARLEY_TRY(const json::Value events, json::Parse(row.state));
  if (events.AsArray() != nullptr) {
    for (const json::Value& event : *events.AsArray()) {
      update.add_stripped_state(json::Serialize(event));
    }
  }
  event::AppendStrippedEvent(*update.add_stripped_state(), row.pdu);
  return absl::OkStatus();
}

void AddLeave(const RemoteMembershipRow& row, v1::RoomUpdate& update) {
  const event::StoredEvent leave{row.pdu, row.event_id, row.room_id,
                                 &event::GetRoomVersion(row.version)};
  event::AppendClientEvent(*update.add_timeline(), leave, {}, event::ClientShape::kWithoutRoomId);
  update.set_prev_batch(RoomToken(LiveOrder(row.pos) - 1));
}

}  // namespace

bool IsResident(const Context& context, std::string_view room_id) {
  const auto room = context.rooms.Look(room_id);
  return room.ok() && (*room)->state.HasServer(context.config.server_name);
}

absl::StatusOr<std::optional<RemoteMembershipRow>> RemoteMembershipOf(const Context& context,
                                                                      const std::string& room_id,
                                                                      const std::string& user_id) {
  std::optional<RemoteMembershipRow> row;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(row, FindRemoteMembership(db, context.rooms.PartitionOf(room_id), room_id, user_id));
    return absl::OkStatus();
  }));
  return row;
}

absl::StatusOr<Sent> RecordRemoteMembership(const Context& context, const rpc::Call& call,
                                            RemoteMembershipRow row) {
  const Partition p = context.rooms.PartitionOf(row.room_id);
  const auto build = [&](int64_t first) -> absl::StatusOr<stream::Appended> {
    row.pos = first;
    stream::Appended appended;
    appended.keys = {row.room_id};
    SetRemoteMembership(appended.batch, p, row);
    AddToOutbox(appended.batch, p, row.pos);
    return appended;
  };
  PARLEY_RETURN_IF_ERROR(context.streams.For(p).AppendAndWait(build).status());
  context.outbox.Tell(
      call, {{p, row.pos, row.user_id, row.room_id, row.membership, row.event_id, row.sender}});
  return Sent{row.event_id, row.pos};
}

std::string StrippedArray(const json::Array& events) {
  std::string out;
  json::Writer writer(out);
  writer.BeginArray();
  size_t count = 0;
  for (const json::Value& event : events) {
    const json::Object* object = event.AsObject();
    if (object == nullptr || !IsStateEvent(*object)) continue;
    if (++count > kMaxStripped) break;
    std::string stripped;
    event::AppendStrippedEvent(stripped, json::Serialize(*object));
    writer.Raw(stripped);
  }
  writer.EndArray();
  return out;
}

absl::Status FillRemoteUpdate(const RemoteMembershipRow& row, v1::RoomUpdate& update) {
  update.set_membership(row.membership);
  update.set_has_news(true);
  if (row.membership == "leave") {
    AddLeave(row, update);
    return absl::OkStatus();
  }
  return AddStripped(row, update);
}

}  // namespace parley::events
