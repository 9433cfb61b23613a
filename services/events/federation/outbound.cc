#include "services/events/federation/outbound.h"

#include <algorithm>
#include <map>

#include <absl/container/btree_set.h>

#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr int64_t kMaxListed = 5000;

// In the room just before the event, or just after it.
bool WasThere(const RoomServerRow& server, int64_t pos) {
  return server.from_pos <= pos && (server.to_pos == 0 || server.to_pos >= pos);
}

bool HasLeftSince(const RoomServerRow& server, int64_t pos) {
  return server.to_pos > pos;
}

// One ListOutbound, inside its snapshot.
class Listing {
 public:
  Listing(store::Reader& db, std::string_view destination, v1::ListOutboundResponse& out)
      : db_(db), destination_(destination), out_(out) {}

  // Returns how many events were looked at.
  absl::StatusOr<int64_t> Add(Partition p, int64_t since, int64_t limit) {
    PARLEY_TRY(const std::vector<OutboundRow> rows, OutboundAfter(db_, p, since, limit));
    PARLEY_TRY(const store::StreamState stream, store::ReadStream(db_, kStream, p));
    rooms_.clear();
    for (const OutboundRow& row : rows) PARLEY_RETURN_IF_ERROR(AddEvent(p, row));
    const auto count = static_cast<int64_t>(rows.size());
    common::v1::Head& head = *out_.add_heads();
    head.set_partition(p);
    head.set_position(count == limit && count > 0 ? rows.back().pos : stream.head);
    return count;
  }

 private:
  struct KnownRoom {
    std::string room_id;
    std::vector<RoomServerRow> servers;
  };

  absl::Status AddEvent(Partition p, const OutboundRow& row) {
    PARLEY_TRY(const KnownRoom* room, Find(p, row.room));
    v1::OutboundEvent event;
    for (const RoomServerRow& server : room->servers) {
      const bool is_wanted = WasThere(server, row.pos) && !HasLeftSince(server, row.pos);
      if (server.server == row.sender_server || !is_wanted) continue;
      AddDestination(server.server, event);
    }
    if (!row.extra_server.empty()) AddDestination(row.extra_server, event);
    if (event.destinations().empty()) return absl::OkStatus();
    event.set_partition(p);
    event.set_position(row.pos);
    event.set_room_id(room->room_id);
    *out_.add_events() = std::move(event);
    return absl::OkStatus();
  }

  void AddDestination(const std::string& server, v1::OutboundEvent& event) const {
    if (!destination_.empty() && server != destination_) return;
    const auto& known = event.destinations();
    if (std::find(known.begin(), known.end(), server) != known.end()) return;
    event.add_destinations(server);
  }

  absl::StatusOr<const KnownRoom*> Find(Partition p, RoomNid nid) {
    const auto [known, added] = rooms_.try_emplace(nid);
    if (!added) return &known->second;
    PARLEY_TRY(const std::optional<RoomRow> room, FindRoomByNid(db_, p, nid));
    if (room) known->second.room_id = room->room_id;
    PARLEY_TRY(known->second.servers, RoomServers(db_, p, nid));
    return &known->second;
  }

  store::Reader& db_;
  const std::string_view destination_;
  v1::ListOutboundResponse& out_;
  std::map<RoomNid, KnownRoom> rooms_;  // of the partition at hand
};

bool IsWanted(const std::vector<RoomServerRow>& times, const OutboundRow& row,
              std::string_view destination) {
  if (row.extra_server == destination) return true;
  return std::any_of(times.begin(), times.end(), [&](const RoomServerRow& time) {
    return time.room == row.room && WasThere(time, row.pos) && !HasLeftSince(time, row.pos);
  });
}

absl::Status ReadPdus(store::Reader& db, const v1::ReadOutboundRequest& request,
                      v1::ReadOutboundResponse& response) {
  const Partition p = request.partition();
  PARLEY_TRY(const std::vector<RoomServerRow> times, RoomsOfServer(db, p, request.destination()));
  for (const int64_t pos : request.positions()) {
    PARLEY_TRY(const std::optional<OutboundRow> row, FindOutbound(db, p, pos));
    if (!row) continue;
    if (!IsWanted(times, *row, request.destination())) continue;
    PARLEY_TRY(std::optional<EventRow> event, ReadEvent(db, p, pos));
    if (event) response.add_pdus(std::move(event->pdu));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ListOutboundResponse> ListOutboundEvents(
    const Context& context, const v1::ListOutboundRequest& request) {
  v1::ListOutboundResponse response;
  int64_t left = request.limit() == 0 ? kMaxListed : std::min<int64_t>(request.limit(), kMaxListed);
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    Listing listing(db, request.destination(), response);
    for (const common::v1::Head& since : request.since()) {
      if (left == 0) break;
      PARLEY_TRY(const int64_t count, listing.Add(since.partition(), since.position(), left));
      left -= count;
    }
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::ReadOutboundResponse> ReadOutboundPdus(const Context& context,
                                                          const v1::ReadOutboundRequest& request) {
  v1::ReadOutboundResponse response;
  PARLEY_RETURN_IF_ERROR(
      context.store.Read([&](store::Reader& db) { return ReadPdus(db, request, response); }));
  return response;
}

v1::ListRoomServersResponse ListServersOfRooms(const Context& context,
                                               const v1::ListRoomServersRequest& request) {
  absl::btree_set<std::string> servers;
  for (const std::string& room_id : request.room_ids()) {
    const auto room = context.rooms.Get(room_id);
    if (!room.ok() || !(*room)->state.HasServer(context.config.server_name)) continue;
    for (std::string& server : (*room)->state.Servers()) servers.insert(std::move(server));
  }
  v1::ListRoomServersResponse response;
  for (const std::string& server : servers) response.add_servers(server);
  return response;
}

}  // namespace parley::events
