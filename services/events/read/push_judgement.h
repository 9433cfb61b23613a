#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/event/pdu.h"
#include "common/json/value.h"
#include "common/push_rules/evaluator.h"
#include "services/events/read/read_door.h"
#include "services/events/rows.h"

// What a user's push rules say of an event in a room: for unread counts and the list of notifications.
namespace parley::events {

// How far a user has read in one room, by the receipts and the time of joining. A value.
class ReadMarks {
 public:
  ReadMarks(const std::vector<ReceiptRow>& receipts, int64_t joined_at);

  // `thread`: its root's event id; empty: the main timeline.
  int64_t In(const std::string& thread) const;
  int64_t everywhere() const { return everywhere_; }
  // When the last of the receipts was set.
  int64_t latest_change() const { return latest_change_; }

 private:
  int64_t everywhere_ = 0;
  int64_t latest_change_ = 0;
  std::map<std::string, int64_t> threads_;
};

// What the rules want to know of the room.
struct PushFacts {
  event::PduPtr create, power_levels;
  std::string own_name;  // the viewer's name in the room
  int64_t own_member_pos = 0;
  int64_t members = 0;

  // As the room is in the reader's snapshot. `count_all`: rules of the user's own may ask for any number of members; the
  // default rules ask only for two.
  static absl::StatusOr<PushFacts> Read(store::Reader& db, const ReadDoor& door, bool count_all);

  push_rules::RoomView ViewFor(const std::string& sender) const;

 private:
  absl::Status ReadOwnName(store::Reader& db, const ReadDoor& door);
};

// Whether the viewer may hear of the event at all: it is another's, not redacted, and to be seen.
bool MayNotify(const ReadDoor& door, const EventRow& row);

// When an event ceases to be news, in milliseconds since 1970: an invite to a call does with its lifetime (seed S74).
int64_t NewsUntil(std::string_view type, int64_t sent_ms, const json::Object& content);
int64_t NewsUntil(const EventRow& row);

// Nothing for an event that can't be read.
std::optional<push_rules::Outcome> Judge(const ReadDoor& door, const EventRow& row,
                                         const push_rules::CompiledRules& rules, const PushFacts& facts);

}  // namespace parley::events
