#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/partition.h"
#include "common/event/membership.h"

// What the tables of this service hold, as values. Positions are those of the partition's durable stream; 0 means none.
namespace parley::events {

// A room's number inside its partition: the position of its create event.
using RoomNid = int64_t;

// Where an event stands in its room. Live events: their position, spread out so that history that is fetched later
// fits between two of them, or before the first (negative). /messages pages in this order.
using RoomOrder = int64_t;
inline constexpr int kOrderBits = 20;
constexpr RoomOrder LiveOrder(int64_t position) { return position << kOrderBits; }
// The stream position that a place stands at: of the last live event at or before it.
constexpr int64_t PositionAt(RoomOrder order) { return order >> kOrderBits; }
// Whatever is paged stands here or behind. Events that have no place in the room's history (kHidden) stand before it, so
// that no scan meets them.
inline constexpr RoomOrder kFirstOrder = INT64_MIN / 2;
constexpr RoomOrder HiddenOrder(int64_t position) { return INT64_MIN + position; }

enum EventFlags : uint32_t {
  kRedacted = 1,    // `pdu` is the redacted form; the original is gone
  kSoftFailed = 2,  // kept for the graph, shown to nobody
  kBackfilled = 4,  // history fetched later: never in /sync
  // Of m.room.member: its user gave this room a name or avatar of its own, which profile changes leave alone.
  kOwnName = 8,
  kOwnAvatar = 16,
  // State or auth chain of others, whose own past we don't have. It may be in force, and is shown as state only.
  kOutlier = 32,
  kRejected = 64,  // the authorisation rules forbid it: never in force, shown to nobody
  // The state before or after it is not that of its position (ForkRow).
  kOffLine = 128,
  // Not all of its prev_events are here: history before it is to be fetched.
  kAfterGap = 256,
  // A state event that did not come into force when it came.
  kNotInForce = 512,

  // Those at HiddenOrder.
  kHidden = kSoftFailed | kOutlier | kRejected,
};

// Where the state of an event (EventRow, GraphEvent) is found: of those on the line, and the start of a fork.
template <class Event>
constexpr int64_t LinePosition(const Event& event) {
  return (event.flags & kHidden) != 0 ? event.pos : PositionAt(event.ord);
}

struct RoomRow {
  Partition partition = 0;
  RoomNid nid = 0;
  std::string room_id = {};
  std::string version = {};
};

struct EventRow {
  int64_t pos = 0;
  RoomNid room = 0;
  RoomOrder ord = 0;
  std::string event_id = {};
  std::string type = {};
  std::optional<std::string> state_key = {};
  std::string sender = {};
  int64_t ts = 0;             // origin_server_ts
  uint32_t flags = 0;         // EventFlags
  int64_t redacted_by = 0;    // position of the m.room.redaction
  int64_t replaces = 0;       // position of the state event that this one took the place of
  std::string thread_root = {};    // event id of the thread that it is in; empty: the main timeline
  std::string txn_device = {};     // of a local sender that gave a transaction id; else both empty
  std::string txn_id = {};
  std::string pdu = {};            // canonical JSON of the PDU as signed (or redacted), without event_id from v3 on
};

// One state event in force during [from_pos, to_pos): the state *after* the event at a position. It began with the
// event itself, or, where state resolution brought it, with another one: then event_pos and from_pos differ.
struct StateRow {
  std::string type = {};
  std::string state_key = {};
  int64_t event_pos = 0;
  int64_t from_pos = 0;
  int64_t to_pos = 0;         // 0: still in force
  std::optional<event::Membership> membership = {};  // of m.room.member
};

// Where the state before an event of kOffLine is found: what was in force at position `line`, or, with `parent`, the state
// after the event there (itself kOffLine); in either case with the event's ForkStateRows laid over it.
struct ForkRow {
  int64_t pos = 0;
  int64_t line = 0;
  int64_t parent = 0;
  int64_t depth = 0;  // parents until the line
};

struct ForkStateRow {
  int64_t pos = 0;  // of the ForkRow
  std::string type = {};
  std::string state_key = {};
  int64_t event_pos = 0;  // 0: nothing
};

// A PDU that was taken from another server and whose past is still to be fetched.
struct WaitingRow {
  RoomNid room = 0;
  std::string event_id = {};
  std::string origin = {};
  int64_t seen_at = 0;  // ms since the epoch
  std::string pdu = {};
};

// An event that relates to `target` by m.relates_to. Goes when the event is redacted.
struct RelationRow {
  RoomNid room = 0;
  std::string target = {};         // event id; it need not exist
  int64_t pos = 0;
  std::string rel_type = {};       // "m.in_reply_to" is no relation
  std::string type = {};
  std::string sender = {};
  std::string key = {};            // of m.annotation
};

struct TxnRow {
  RoomNid room = 0;
  std::string user_id = {};
  std::string device_id = {};
  std::string txn_id = {};
  int64_t event_pos = 0;
  std::string event_id = {};
  int64_t ts = 0;
};

struct ReceiptRow {
  RoomNid room = 0;
  std::string user_id = {};
  std::string type = {};           // m.read, m.read.private
  std::string thread_id = {};      // empty: unthreaded
  std::string event_id = {};
  int64_t event_pos = 0;
  int64_t ts = 0;
  int64_t pos = 0;            // when it was set
};

struct AliasRow {
  std::string alias = {};
  std::string room_id = {};
  std::string creator = {};
};

// A room in the directory, with what /publicRooms shows of it; kept up to date with the room's state.
struct PublishedRow {
  RoomNid room = 0;
  std::string room_id = {};
  int64_t joined_members = 0;
  std::string room_type = {};
  std::string json = {};           // the chunk of /publicRooms
};

struct DeviceChangeRow {
  std::string user_id = {};
  int64_t pos = 0;
  int64_t generation = 0;
};

// What a call event says of its call (common/calls/signal.h), or that one was redacted.
struct CallSignalRow {
  int64_t pos = 0;
  std::string room_id = {};
  std::string event_id = {};
  std::string type = {};
  std::string sender = {};
  int64_t ts = 0;
  int64_t seen_at = 0;        // when it was committed here, in milliseconds
  std::string content = {};   // JSON
};

// A server's time in a room: users of it were joined during [from_pos, to_pos). Not kept of our own.
struct RoomServerRow {
  RoomNid room = 0;
  std::string server = {};
  int64_t from_pos = 0;
  int64_t to_pos = 0;         // 0: still
};

// An event that other servers get from us.
struct OutboundRow {
  int64_t pos = 0;
  RoomNid room = 0;
  std::string sender_server = {};
  // Gets it although it is not in the room: whose invite or knock the event ends.
  std::string extra_server = {};
  int64_t seen_at = 0;        // when it was committed here, in milliseconds
};

// What a local user is to a room that this server is not in: invited, knocking, or no longer so.
struct RemoteMembershipRow {
  std::string room_id = {};
  std::string user_id = {};
  int64_t pos = 0;            // in the room's partition
  std::string membership = {};
  std::string version = {};   // of the room
  std::string server = {};    // through which it came about
  std::string event_id = {};
  std::string sender = {};
  std::string pdu = {};
  std::string state = {};     // stripped state, a JSON array
};

struct ReportRow {
  std::string report_id = {};
  std::string reporter = {};
  std::string room_id = {};
  std::string event_id = {};
  std::string user_id = {};
  std::string reason = {};
  int64_t score = 0;
  int64_t ts = 0;
};

}  // namespace parley::events
