#include "services/calls/call_board.h"

#include <algorithm>

#include "services/calls/store.h"

namespace parley::calls {
namespace {

const Call* FindCall(const std::vector<Call>& calls, const std::string& call_id) {
  const auto found = std::find_if(calls.begin(), calls.end(),
                                  [&](const Call& call) { return call.call_id == call_id; });
  return found == calls.end() ? nullptr : &*found;
}

}  // namespace

CallBoard::CallBoard(const Config& config, bus::Bus& bus, const Clock& clock,
                     const Metrics& metrics)
    : config_(config), bus_(bus), clock_(clock), metrics_(metrics) {}

void CallBoard::Open(Partition partition, int64_t epoch) {
  absl::MutexLock lock(&mutex_);
  parts_[partition] = {
      .stream = std::make_unique<stream::EphemeralStream>(bus_, kStream, partition, epoch),
      .opened_at = clock_.NowMs()};
}

void CallBoard::Close(Partition partition) {
  absl::MutexLock lock(&mutex_);
  parts_.erase(partition);
  absl::erase_if(rooms_,
                 [&](const auto& room) { return PartitionFor(room.first) == partition; });
}

bool CallBoard::Has(Partition partition) const {
  absl::MutexLock lock(&mutex_);
  return parts_.contains(partition);
}

stream::EphemeralPosition CallBoard::Head(Partition partition) const {
  absl::MutexLock lock(&mutex_);
  const auto part = parts_.find(partition);
  return part == parts_.end() ? stream::EphemeralPosition() : part->second.stream->head();
}

void CallBoard::Apply(const std::string& room_id, const Signal& signal) {
  absl::MutexLock lock(&mutex_);
  const auto part = parts_.find(PartitionFor(room_id));
  if (part == parts_.end()) return;
  // Redactions of what is not known here begin no room.
  if (signal.kind == Signal::Kind::kRedaction && !rooms_.contains(room_id)) return;
  std::unique_ptr<Room>& room = rooms_[room_id];
  if (!room) room = std::make_unique<Room>();
  room->calls.Apply(signal);
  Refresh(room_id, *room, /*counts=*/signal.seen_at >= part->second.opened_at);
}

void CallBoard::Refresh(const std::string& room_id, Room& room, bool counts) {
  std::vector<Call> calls = room.calls.At(clock_.NowMs());
  if (calls == room.told) return;
  for (const Call& call : calls) {
    const Call* before = FindCall(room.told, call.call_id);
    if (counts && (before == nullptr || *before != call)) Count(before, call);
  }
  room.told = std::move(calls);
  room.position = parts_[PartitionFor(room_id)].stream->Advance(room_id);
}

void CallBoard::Count(const Call* before, const Call& after) const {
  if (before == nullptr) metrics_.invites.Add();
  const CallState was = before == nullptr ? CallState::kRinging : before->state;
  if (was == after.state) return;
  if (after.state == CallState::kConnected) {
    metrics_.setup.Observe(
        absl::Milliseconds(std::max<int64_t>(0, after.answered_at - after.sent_at)));
  }
  if (after.state != CallState::kEnded) return;
  if (after.end_reason == EndReason::kSuperseded) metrics_.glare.Add();
  metrics_.Ended(after).Add();
}

void CallBoard::Tick() {
  const int64_t now = clock_.NowMs();
  absl::MutexLock lock(&mutex_);
  for (auto it = rooms_.begin(); it != rooms_.end();) {
    Room& room = *it->second;
    Refresh(it->first, room, /*counts=*/true);
    room.calls.Forget(now - absl::ToInt64Milliseconds(config_.ended_shown),
                      now - absl::ToInt64Milliseconds(config_.silent_forgotten));
    // That a call that was over is not shown any more is no news.
    room.told = room.calls.At(now);
    const auto current = it++;
    if (room.calls.empty()) rooms_.erase(current);
  }
}

std::optional<CallBoard::Entry> CallBoard::Find(const std::string& room_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end() || found->second->told.empty()) return std::nullopt;
  return Entry{found->second->told, found->second->position};
}

size_t CallBoard::active() const {
  absl::MutexLock lock(&mutex_);
  size_t active = 0;
  for (const auto& [room_id, room] : rooms_) {
    active += std::count_if(room->told.begin(), room->told.end(),
                            [](const Call& call) { return call.state != CallState::kEnded; });
  }
  return active;
}

}  // namespace parley::calls
