#include "services/federation/outbound_board.h"

#include <algorithm>

namespace parley::federation {
namespace {

// A mark moves with every event of its partition; where none of them leaves this server, it is
// saved this seldom.
constexpr int64_t kSaveMarkAfter = 10'000;

}  // namespace

OutboundBoard::OutboundBoard(std::vector<int64_t> marks, const BackoffLimits& limits)
    : marks_(marks),
      limits_(limits),
      saved_marks_(std::move(marks)),
      has_news_(saved_marks_.size()) {}

DestinationRow OutboundBoard::RowOf(const std::string& name, const Destination& destination) {
  return {name, destination.backoff, destination.last_error, destination.behind,
          destination.has_edus};
}

void OutboundBoard::Restore(DestinationRow row, absl::Time now) {
  Destination& destination = Of(row.destination);
  destination.backoff = row.backoff;
  destination.last_error = std::move(row.last_error);
  destination.behind = std::move(row.behind);
  destination.has_edus = row.has_edus;
  // Whatever was read before is in the row.
  Schedule(row.destination, destination);
  Tick(now);
}

void OutboundBoard::Add(const events::v1::ListOutboundResponse& listed) {
  for (const events::v1::OutboundEvent& event : listed.events()) {
    if (event.partition() >= marks_.partitions()) continue;
    has_news_[event.partition()] = true;
    for (const std::string& name : event.destinations()) {
      AddEvent(name, {event.partition(), event.position()});
    }
  }
  for (const common::v1::Head& head : listed.heads()) {
    if (head.partition() < marks_.partitions()) marks_.Read(head.partition(), head.position());
  }
}

void OutboundBoard::AddEvent(const std::string& name, Position event) {
  Destination& destination = Of(name);
  if (destination.behind.contains(event.partition)) return;
  const auto sent = destination.sent_until.find(event.partition);
  if (sent != destination.sent_until.end() && event.position <= sent->second) return;
  marks_.Hold(event.partition, event.position);
  if (destination.backoff.failures > 0 || destination.queue.size() >= kMaxQueue) {
    SetBehind(destination, event);
    changed_.insert(name);
  } else {
    destination.queue.push_back(event);
  }
  Schedule(name, destination);
}

// The event is held until the row says that it is to be read again.
void OutboundBoard::SetBehind(Destination& destination, Position from) {
  const auto [entry, is_new] = destination.behind.try_emplace(from.partition, from.position);
  if (!is_new) entry->second = std::min(entry->second, from.position);
  held_.push_back(from);
}

void OutboundBoard::FallBehind(Destination& destination) {
  for (const Position& event : destination.queue) SetBehind(destination, event);
  destination.queue.clear();
  destination.in_flight = 0;
  destination.ephemeral.clear();
}

void OutboundBoard::AddEphemeral(const std::string& name, const std::string& key,
                                 std::string json) {
  Destination& destination = Of(name);
  if (destination.backoff.failures > 0) return;
  if (!key.empty()) {
    for (auto& [known, text] : destination.ephemeral) {
      if (known != key) continue;
      text = std::move(json);
      return;
    }
  }
  if (destination.ephemeral.size() >= kMaxEphemeral) destination.ephemeral.pop_front();
  destination.ephemeral.emplace_back(key, std::move(json));
  Schedule(name, destination);
}

void OutboundBoard::AddDurable(const std::string& name) {
  Destination& destination = Of(name);
  destination.has_edus = true;
  if (destination.is_busy) destination.new_edus = true;
  Schedule(name, destination);
}

void OutboundBoard::Schedule(const std::string& name, Destination& destination) {
  if (destination.is_busy || destination.is_ready || !destination.HasWork()) return;
  if (destination.backoff.failures == 0) {
    MakeReady(name, destination);
  } else {
    timers_.emplace(destination.backoff.retry_at, name);
  }
}

void OutboundBoard::MakeReady(const std::string& name, Destination& destination) {
  destination.is_ready = true;
  (destination.backoff.failures > 0 ? probes_ : ready_).push_back(name);
}

void OutboundBoard::Tick(absl::Time now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const std::string name = timers_.begin()->second;
    timers_.erase(timers_.begin());
    Destination& destination = Of(name);
    const bool is_due = destination.backoff.retry_at <= now;  // and not put off since
    if (is_due && !destination.is_busy && !destination.is_ready && destination.HasWork()) {
      MakeReady(name, destination);
    }
  }
}

std::optional<OutboundBoard::Work> OutboundBoard::Take(bool probes) {
  std::deque<std::string>& ready = probes ? probes_ : ready_;
  if (ready.empty()) return std::nullopt;
  Work work;
  work.destination = std::move(ready.front());
  ready.pop_front();
  work.is_probe = probes;
  Destination& destination = Of(work.destination);
  destination.is_ready = false;
  destination.is_busy = true;
  destination.new_edus = destination.spoke = false;
  // What was queued before it fell behind goes first.
  destination.in_flight = std::min(destination.queue.size(), kMaxEvents);
  work.events.assign(destination.queue.begin(), destination.queue.begin() + destination.in_flight);
  if (work.events.empty()) work.behind = destination.behind;
  work.durable_edus = destination.has_edus;
  const size_t edus = std::min(destination.ephemeral.size(), kMaxEdus / 2);
  for (size_t i = 0; i < edus; ++i) {
    work.ephemeral.push_back(std::move(destination.ephemeral.front().second));
    destination.ephemeral.pop_front();
  }
  return work;
}

void OutboundBoard::CatchUp(Destination& destination, const CaughtUp& caught_up) {
  for (const auto& [partition, until] : caught_up.until) {
    const auto found = destination.behind.find(partition);
    if (found == destination.behind.end()) continue;
    if (until >= marks_.read(partition)) {
      destination.behind.erase(found);
      destination.sent_until[partition] = until;
    } else {
      found->second = std::max(found->second, until + 1);
    }
  }
}

void OutboundBoard::Sent(const Work& work, const CaughtUp& caught_up, bool more_edus) {
  Destination& destination = Of(work.destination);
  destination.is_busy = false;
  for (; destination.in_flight > 0; --destination.in_flight) {
    Release(destination.queue.front());
    destination.queue.pop_front();
  }
  if (destination.backoff.failures > 0 || !work.behind.empty()) changed_.insert(work.destination);
  destination.backoff = {};
  destination.last_error.clear();
  CatchUp(destination, caught_up);
  destination.has_edus = more_edus || destination.new_edus;
  Schedule(work.destination, destination);
}

void OutboundBoard::Failed(const Work& work, absl::Time now, double jitter,
                           std::optional<absl::Duration> asked, std::string error) {
  Destination& destination = Of(work.destination);
  destination.is_busy = false;
  destination.backoff = AfterFailure(destination.backoff, now, jitter, asked, limits_);
  destination.last_error = std::move(error);
  FallBehind(destination);
  changed_.insert(work.destination);
  if (destination.spoke)
    destination.backoff.retry_at = std::min(destination.backoff.retry_at, now + limits_.first);
  Schedule(work.destination, destination);
}

void OutboundBoard::Alive(const std::string& name, absl::Time now) {
  const auto found = destinations_.find(name);
  if (found == destinations_.end()) return;
  Destination& destination = found->second;
  if (destination.is_busy) destination.spoke = true;
  if (destination.backoff.failures == 0 || destination.backoff.retry_at <= now) return;
  destination.backoff.retry_at = now;
  Schedule(name, destination);
  Tick(now);
}

OutboundBoard::Changes OutboundBoard::TakeChanges() {
  Changes changes;
  for (const std::string& name : changed_) {
    const Destination& destination = Of(name);
    changes.destinations.push_back(RowOf(name, destination));
  }
  changed_.clear();
  changes.held = std::move(held_);
  held_.clear();
  for (Partition p = 0; p < marks_.partitions(); ++p) {
    const int64_t mark = marks_.Mark(p);
    if (mark > saved_marks_[p] && (has_news_[p] || mark > saved_marks_[p] + kSaveMarkAfter)) {
      changes.marks[p] = mark;
    }
  }
  return changes;
}

void OutboundBoard::Saved(const Changes& changes) {
  for (const Position& event : changes.held) Release(event);
  for (const auto& [partition, mark] : changes.marks) {
    saved_marks_[partition] = mark;
    has_news_[partition] = mark < marks_.read(partition);
  }
}

void OutboundBoard::NotSaved(const Changes& changes) {
  for (const DestinationRow& row : changes.destinations) changed_.insert(row.destination);
  held_.insert(held_.end(), changes.held.begin(), changes.held.end());
}

std::vector<OutboundBoard::Standing> OutboundBoard::List(
    const std::vector<std::string>& names) const {
  std::vector<Standing> all;
  const auto add = [&](const std::string& name, const Destination& destination) {
    all.push_back(
        {RowOf(name, destination), destination.queue.size(), destination.ephemeral.size()});
  };
  for (const std::string& name : names) {
    if (const auto found = destinations_.find(name); found != destinations_.end())
      add(name, found->second);
  }
  if (!names.empty()) return all;
  for (const auto& [name, destination] : destinations_) {
    if (destination.HasWork() || destination.backoff.failures > 0) add(name, destination);
  }
  return all;
}

}  // namespace parley::federation
