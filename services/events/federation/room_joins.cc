#include "services/events/federation/room_joins.h"

#include <utility>

namespace parley::events {

std::unique_ptr<RoomJoins::Turn> RoomJoins::Begin(const std::string& room_id, absl::Time deadline) {
  const auto is_free = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return !under_way_.contains(room_id);
  };
  absl::MutexLock lock(&mutex_);
  if (!mutex_.AwaitWithDeadline(absl::Condition(&is_free), deadline)) return nullptr;
  auto turn = std::make_unique<Turn>(*this, room_id);
  under_way_[room_id].turn = turn.get();
  return turn;
}

bool RoomJoins::Hold(const v1::ReceivePdusRequest& request) {
  absl::MutexLock lock(&mutex_);
  const auto found = under_way_.find(request.room_id());
  if (found == under_way_.end()) return false;
  Join& join = found->second;
  const size_t bytes = request.ByteSizeLong();
  if (join.held_bytes + bytes > kMaxHeldBytes) return false;
  join.held_bytes += bytes;
  join.held.push_back(request);
  return true;
}

std::vector<v1::ReceivePdusRequest> RoomJoins::End(const std::string& room_id, const Turn& turn) {
  absl::MutexLock lock(&mutex_);
  const auto found = under_way_.find(room_id);
  if (found == under_way_.end() || found->second.turn != &turn) return {};
  std::vector<v1::ReceivePdusRequest> held = std::move(found->second.held);
  under_way_.erase(found);
  return held;
}

}  // namespace parley::events
