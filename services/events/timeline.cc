#include "services/events/timeline.h"

#include <algorithm>

namespace parley::events {
namespace {

size_t BytesOf(const TimelineEvent& event) {
  return 1024 + 2 * event.client_prefix.size() + 2 * event.pdu->bytes.size() + event.prev_content_json.size() +
         event.redacted_because_json.size();
}

}  // namespace

void Timeline::StartAt(int64_t floor) {
  absl::MutexLock lock(&mutex_);
  floor_ = floor;
}

void Timeline::Append(TimelineEventPtr event) {
  absl::MutexLock lock(&mutex_);
  bytes_ += BytesOf(*event);
  events_.push_back(std::move(event));
  while (events_.size() > kMaxEvents || (bytes_ > kMaxBytes && events_.size() > 1)) {
    bytes_ -= BytesOf(*events_.front());
    floor_ = events_.front()->pos;
    events_.pop_front();
  }
}

void Timeline::Replace(TimelineEventPtr redacted) {
  absl::MutexLock lock(&mutex_);
  for (TimelineEventPtr& event : events_) {
    if (event->pos != redacted->pos) continue;
    bytes_ += BytesOf(*redacted);
    bytes_ -= BytesOf(*event);
    event = std::move(redacted);
    return;
  }
}

void Timeline::MarkRelated(std::string_view event_id) const {
  if (const TimelineEventPtr event = Find(event_id)) event->related = true;
}

std::optional<std::vector<TimelineEventPtr>> Timeline::Since(int64_t after) const {
  absl::ReaderMutexLock lock(&mutex_);
  if (after < floor_) return std::nullopt;
  const auto begin = std::partition_point(events_.begin(), events_.end(),
                                          [after](const TimelineEventPtr& event) { return event->pos <= after; });
  return std::vector<TimelineEventPtr>(begin, events_.end());
}

std::vector<TimelineEventPtr> Timeline::Latest(size_t limit, int64_t upto) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto end = std::partition_point(events_.begin(), events_.end(),
                                        [upto](const TimelineEventPtr& event) { return event->pos <= upto; });
  const size_t count = std::min<size_t>(limit, end - events_.begin());
  return std::vector<TimelineEventPtr>(end - count, end);
}

TimelineEventPtr Timeline::Find(std::string_view event_id) const {
  absl::ReaderMutexLock lock(&mutex_);
  // Mostly a late one is asked for.
  const auto found = std::find_if(events_.rbegin(), events_.rend(), [event_id](const TimelineEventPtr& event) {
    return event->pdu->event_id.str() == event_id;
  });
  return found == events_.rend() ? nullptr : *found;
}

int64_t Timeline::floor() const {
  absl::ReaderMutexLock lock(&mutex_);
  return floor_;
}

size_t Timeline::MemoryBytes() const {
  absl::ReaderMutexLock lock(&mutex_);
  return bytes_;
}

}  // namespace parley::events
