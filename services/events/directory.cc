#include "services/events/directory.h"

#include <absl/algorithm/container.h>
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

#include "common/event/event_types.h"
#include "common/event/power_levels.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/public_room.h"
#include "services/events/retry.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

absl::Status MayPublish(const Context& context, Room& room, const common::v1::Requester& requester) {
  if (requester.is_admin()) return absl::OkStatus();
  if (!room.state.IsJoined(requester.user_id())) return Forbidden("You are not in this room");
  PARLEY_TRY(const event::PduPtr create, StateEvent(context.store, room, event::kCreate, ""));
  PARLEY_TRY(const event::PduPtr levels, StateEvent(context.store, room, event::kPowerLevels, ""));
  const event::PowerLevels power(create.get(), levels.get());
  if (power.UserLevel(requester.user_id()) >= power.EventLevel("m.room.canonical_alias", true)) return absl::OkStatus();
  return Forbidden("You may not change the room's place in the directory");
}

absl::Status WriteOnce(const Context& context, const std::string& room_id, bool published) {
  PARLEY_TRY(const RoomPtr room, context.rooms.Get(room_id));
  PARLEY_TRY(PublishedRow entry, PublicEntry(room_id, *room, [&](std::string_view type, std::string_view key) {
               return StateEvent(context.store, *room, type, key);
             }));
  entry.room = room->nid;
  absl::Notification done;
  absl::Status outcome;
  {
    absl::MutexLock lane(&room->lane);
    PARLEY_RETURN_IF_ERROR(context.streams.For(room->partition)
                               .Append(
                                   [&](int64_t) -> absl::StatusOr<stream::Appended> {
                                     stream::Appended appended{.batch = {}, .count = 0, .keys = {}};
                                     if (published) Publish(appended.batch, room->partition, entry);
                                     if (!published) Unpublish(appended.batch, room->partition, room->nid);
                                     return appended;
                                   },
                                   [&](absl::StatusOr<int64_t> result) {
                                     outcome = result.status();
                                     done.Notify();
                                   }));
    room->published = published;
  }
  done.WaitForNotification();
  return outcome;
}

bool ContainsWord(const json::Object& chunk, std::string_view key, const std::string& lower_term) {
  return absl::StrContains(absl::AsciiStrToLower(std::string(json::StringOr(chunk, key, ""))), lower_term);
}

bool Matches(const PublishedRow& room, const std::string& lower_term) {
  if (lower_term.empty()) return true;
  const auto chunk = json::ParseObject(room.json);
  if (!chunk.ok()) return false;
  return ContainsWord(*chunk, "name", lower_term) || ContainsWord(*chunk, "topic", lower_term) ||
         ContainsWord(*chunk, "canonical_alias", lower_term);
}

}  // namespace

absl::Status WritePublished(const Context& context, const rpc::Call& call, const std::string& room_id,
                            bool published) {
  return Retry(call, [&]() -> absl::StatusOr<bool> {
           PARLEY_RETURN_IF_ERROR(WriteOnce(context, room_id, published));
           return true;
         })
      .status();
}

absl::StatusOr<v1::SetDirectoryVisibilityResponse> SetPublished(const Context& context, const rpc::Call& call,
                                                                const v1::SetDirectoryVisibilityRequest& request) {
  PARLEY_TRY(const RoomPtr room, context.rooms.Get(request.room_id()));
  PARLEY_RETURN_IF_ERROR(MayPublish(context, *room, request.requester()));
  PARLEY_RETURN_IF_ERROR(WritePublished(context, call, request.room_id(), request.is_public()));
  return v1::SetDirectoryVisibilityResponse();
}

absl::StatusOr<v1::GetDirectoryVisibilityResponse> GetPublished(const Context& context,
                                                                const v1::GetDirectoryVisibilityRequest& request) {
  PARLEY_TRY(const RoomPtr room, context.rooms.Get(request.room_id()));
  absl::MutexLock lane(&room->lane);
  v1::GetDirectoryVisibilityResponse response;
  response.set_is_public(room->published);
  return response;
}

absl::StatusOr<v1::ListPublicRoomsResponse> ListPublished(const Context& context,
                                                          const v1::ListPublicRoomsRequest& request) {
  const std::string term = absl::AsciiStrToLower(request.search_term());
  v1::ListPublicRoomsResponse response;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    for (Partition p = 0; p < context.streams.partitions(); ++p) {
      PARLEY_TRY(std::vector<PublishedRow> rooms, PublishedRooms(db, p));
      for (PublishedRow& row : rooms) {
        if (request.filter_by_type() && !absl::c_linear_search(request.room_types(), row.room_type)) continue;
        const bool is_deserted = row.joined_members == 0;
        if (is_deserted || !Matches(row, term)) continue;
        v1::PublicRoom& room = *response.add_rooms();
        room.set_room_id(std::move(row.room_id));
        room.set_num_joined_members(row.joined_members);
        room.set_json(std::move(row.json));
      }
    }
    return absl::OkStatus();
  }));
  return response;
}

}  // namespace parley::events
