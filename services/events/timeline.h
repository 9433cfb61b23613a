#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include "common/event/membership.h"
#include "common/event/pdu.h"

namespace parley::events {

// A committed event, ready to be sent to many readers without SQL or parsing. Immutable but for `related`.
struct TimelineEvent {
  int64_t pos = 0;
  event::PduPtr pdu;
  uint32_t flags = 0;  // EventFlags
  // event::ClientEventPrefix of ClientShape::kWithoutRoomId.
  std::string client_prefix;

  // Of state events that replaced another.
  std::string prev_content_json;
  std::string prev_sender;
  std::string replaces_state;  // event id

  std::string redacted_because_json;  // client event; empty: not redacted
  std::string thread_root;            // event id; empty: main timeline
  std::string relation_type;          // rel_type and target of its m.relates_to; empty: none
  std::string relation_target;
  std::string txn_device;             // the sender's device and its transaction id
  std::string txn_id;

  // Of m.room.member events: before and after this one.
  std::optional<event::Membership> membership_before;
  std::optional<event::Membership> membership_after;
  // Of the room after this event.
  uint32_t joined_members = 0;
  uint32_t invited_members = 0;

  // Another event relates to this one: look for aggregations in the store. Never set back.
  mutable std::atomic<bool> related = false;
};

using TimelineEventPtr = std::shared_ptr<const TimelineEvent>;

// The latest committed events of one room, in the order of their positions, bounded in number and bytes.
// Threads: any.
class Timeline {
 public:
  // Everything after `floor` that is committed from now on will be appended.
  void StartAt(int64_t floor);
  // In the order of positions, on commit.
  void Append(TimelineEventPtr event);
  // `redacted` takes the place of the event at its position, if that is still here.
  void Replace(TimelineEventPtr redacted);
  void MarkRelated(std::string_view event_id) const;

  // All events of the room after position `after`, oldest first; nothing if some of them are in the store only.
  std::optional<std::vector<TimelineEventPtr>> Since(int64_t after) const;
  // The latest `limit` events up to position `upto`, oldest first; fewer if no more are here.
  std::vector<TimelineEventPtr> Latest(size_t limit, int64_t upto) const;
  TimelineEventPtr Find(std::string_view event_id) const;
  // All events after this position are here.
  int64_t floor() const;

  size_t MemoryBytes() const;

 private:
  static constexpr size_t kMaxEvents = 128;
  static constexpr size_t kMaxBytes = 512 << 10;

  mutable absl::Mutex mutex_;
  std::deque<TimelineEventPtr> events_ ABSL_GUARDED_BY(mutex_);
  int64_t floor_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace parley::events
