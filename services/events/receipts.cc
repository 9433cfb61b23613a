#include "services/events/receipts.h"

#include <algorithm>
#include <map>
#include <optional>

#include "common/base/token.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/events/v1/events.parley.h"
#include "services/events/device_changes.h"
#include "services/events/federation/room_edus.h"
#include "services/events/retry.h"
#include "services/events/room_write.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr absl::Duration kLongestTyping = absl::Minutes(2);

absl::StatusOr<RoomPtr> JoinedRoom(const Context& context, const std::string& room_id, const std::string& user) {
  auto room = context.rooms.Get(room_id);
  if (HasErrcode(room.status(), "M_NOT_FOUND")) return Forbidden("You are not in this room");
  PARLEY_RETURN_IF_ERROR(room.status());
  if (!(*room)->state.IsJoined(user)) return Forbidden("You are not in this room");
  return room;
}

absl::StatusOr<std::optional<EventRow>> EventOf(const Context& context, Room& room, const std::string& event_id) {
  if (const TimelineEventPtr recent = room.timeline.Find(event_id)) {
    EventRow row;
    row.pos = recent->pos;
    row.room = room.nid;
    row.thread_root = recent->thread_root;
    return row;
  }
  std::optional<EventRow> row;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(row, FindEvent(db, room.partition, event_id));
    return absl::OkStatus();
  }));
  if (row && (row->room != room.nid || (row->flags & kHidden) != 0)) row.reset();
  return row;
}

absl::Status CheckThread(const NewReceipt& receipt, const EventRow& event) {
  if (!receipt.thread_id) return absl::OkStatus();
  if (receipt.thread_id->empty()) return InvalidParam("thread_id must not be empty");
  if (*receipt.thread_id == "main") {
    return event.thread_root.empty() ? absl::OkStatus() : InvalidParam("event_id is not of the main timeline");
  }
  if (event.thread_root == *receipt.thread_id || receipt.event_id == *receipt.thread_id) return absl::OkStatus();
  return InvalidParam("event_id is not related to thread_id");
}

// Where the same receipt stands already, if that is at this event or behind it: receipts only move forwards.
absl::StatusOr<std::optional<int64_t>> StandsFurther(const Context& context, const Room& room, const ReceiptRow& next) {
  std::vector<ReceiptRow> rows;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(rows, ReceiptsOf(db, room.partition, room.nid, next.user_id));
    return absl::OkStatus();
  }));
  for (const ReceiptRow& row : rows) {
    if (row.type == next.type && row.thread_id == next.thread_id && row.event_pos >= next.event_pos) return row.pos;
  }
  return std::nullopt;
}

absl::StatusOr<int64_t> WriteReceipt(const Context& context, const RoomPtr& room, ReceiptRow receipt) {
  return context.streams.For(room->partition).AppendAndWait([&](int64_t first) -> absl::StatusOr<stream::Appended> {
    receipt.pos = first;
    stream::Appended appended;
    appended.keys = {room->id};
    SetReceipt(appended.batch, room->partition, receipt);
    room->receipts_until = first;
    return appended;
  });
}

NewReceipt ReceiptOf(const Context& context, const v1::SetReceiptRequest& request) {
  NewReceipt receipt{.user_id = request.requester().user_id(),
                     .type = request.receipt_type(),
                     .event_id = request.event_id(),
                     .ts = context.clock.NowMs()};
  if (request.has_thread_id()) receipt.thread_id = request.thread_id();
  return receipt;
}

absl::Status RecordInPartition(const Context& context, Partition p, std::vector<std::string> rooms,
                               const v1::RecordDeviceListChangeRequest& request) {
  std::optional<DeviceChangeRow> known;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(known, FindDeviceChange(db, p, request.user_id()));
    return absl::OkStatus();
  }));
  if (known && known->generation >= request.generation()) return absl::OkStatus();
  return context.streams.For(p)
      .AppendAndWait([&](int64_t first) -> absl::StatusOr<stream::Appended> {
        stream::Appended appended;
        appended.keys = rooms;
        context.device_changes.Raise(p, first);
        SetDeviceChange(appended.batch, p, {request.user_id(), first, request.generation()});
        return appended;
      })
      .status();
}

absl::Status CheckReported(const Context& context, const v1::ReportContentRequest& request) {
  if (request.room_id().empty()) return absl::OkStatus();
  if (request.event_id().empty()) return context.rooms.Get(request.room_id()).status();
  const auto room = JoinedRoom(context, request.room_id(), request.requester().user_id());
  if (!room.ok()) return NotFound("You are not in this room, or there is no such event");
  PARLEY_TRY(const std::optional<EventRow> event, EventOf(context, **room, request.event_id()));
  return event ? absl::OkStatus() : NotFound("You are not in this room, or there is no such event");
}

// Their rooms may have several owners.
absl::StatusOr<v1::RecordDeviceListChangeResponse> RecordWhereTheUserIs(
    const Context& context, const rpc::Call& call, v1::RecordDeviceListChangeRequest request) {
  PARLEY_TRY(std::vector<std::string> rooms, RoomsOfRemoteUser(context, request.user_id()));
  if (rooms.empty()) return v1::RecordDeviceListChangeResponse();
  for (std::string& room : rooms) request.add_room_ids(std::move(room));
  return context.owners.RecordDeviceListChange(call, request);
}

}  // namespace

absl::StatusOr<int64_t> PlaceReceipt(const Context& context, const RoomPtr& room, const NewReceipt& receipt) {
  PARLEY_TRY(const std::optional<EventRow> event, EventOf(context, *room, receipt.event_id));
  if (!event) return InvalidParam("There is no such event in this room");
  PARLEY_RETURN_IF_ERROR(CheckThread(receipt, *event));
  ReceiptRow row{.room = room->nid,
                 .user_id = receipt.user_id,
                 .type = receipt.type,
                 .thread_id = receipt.thread_id.value_or(""),
                 .event_id = receipt.event_id,
                 .event_pos = event->pos,
                 .ts = receipt.ts};
  PARLEY_TRY(const std::optional<int64_t> further, StandsFurther(context, *room, row));
  if (further) return *further;
  return WriteReceipt(context, room, std::move(row));
}

absl::StatusOr<v1::SetReceiptResponse> SetRoomReceipt(const Context& context, const rpc::Call& call,
                                                      const v1::SetReceiptRequest& request) {
  if (request.receipt_type() != "m.read" && request.receipt_type() != "m.read.private") {
    return InvalidParam("receiptType must be m.read, m.read.private or m.fully_read");
  }
  const NewReceipt receipt = ReceiptOf(context, request);
  PARLEY_TRY(const int64_t position, Retry(call, [&]() -> absl::StatusOr<int64_t> {
               PARLEY_TRY(const RoomPtr room, JoinedRoom(context, request.room_id(), receipt.user_id));
               return PlaceReceipt(context, room, receipt);
             }));
  if (receipt.type == "m.read") TellReceipt(context, call, request.room_id(), receipt);
  v1::SetReceiptResponse response;
  response.set_partition(context.rooms.PartitionOf(request.room_id()));
  response.set_position(position);
  return response;
}

absl::StatusOr<v1::SetTypingResponse> SetRoomTyping(const Context& context, const rpc::Call& call, TypingTable& typing,
                                                    const v1::SetTypingRequest& request) {
  const std::string& user = request.requester().user_id();
  PARLEY_TRY(const RoomPtr room, JoinedRoom(context, request.room_id(), user));
  const absl::Time now = context.clock.Now();
  const absl::Duration timeout =
      std::clamp(absl::Milliseconds(request.timeout_ms()), absl::ZeroDuration(), kLongestTyping);
  typing.Set(request.room_id(), user, request.typing() ? now + timeout : absl::InfinitePast(), now);
  TellTyping(context, call, *room, user, request.typing());
  return v1::SetTypingResponse();
}

absl::StatusOr<v1::RecordDeviceListChangeResponse> RecordDeviceChange(
    const Context& context, const rpc::Call& call, const v1::RecordDeviceListChangeRequest& request) {
  std::map<Partition, std::vector<std::string>> by_partition;
  if (request.room_ids().empty()) return RecordWhereTheUserIs(context, call, request);
  for (const std::string& room : request.room_ids()) by_partition[context.rooms.PartitionOf(room)].push_back(room);
  for (const auto& [p, rooms] : by_partition) {
    PARLEY_RETURN_IF_ERROR(Retry(call, [&]() -> absl::StatusOr<bool> {
                             PARLEY_RETURN_IF_ERROR(RecordInPartition(context, p, rooms, request));
                             return true;
                           }).status());
  }
  return v1::RecordDeviceListChangeResponse();
}

absl::StatusOr<v1::ReportContentResponse> StoreReport(const Context& context,
                                                      const v1::ReportContentRequest& request) {
  PARLEY_RETURN_IF_ERROR(CheckReported(context, request));
  const std::string& key = request.room_id().empty() ? request.user_id() : request.room_id();
  const Partition p = context.rooms.PartitionOf(key);
  const ReportRow report{MakeToken("report", p, 16, context.rng),
                         request.requester().user_id(),
                         request.room_id(),
                         request.event_id(),
                         request.user_id(),
                         request.reason(),
                         request.score(),
                         context.clock.NowMs()};
  PARLEY_RETURN_IF_ERROR(
      context.streams.For(p).CommitQuietly([&](store::Batch& batch) { AddReport(batch, p, report); }));
  return v1::ReportContentResponse();
}

}  // namespace parley::events
