#include "services/profile/job.h"

#include <algorithm>

namespace parley::profile {

void Job::Renew(int64_t generation, absl::Time now) {
  generation_ = generation;
  renewed_ = now;
  announced = false;
  complete = false;
  for (auto& [partition, lane] : lanes_) lane.due.merge(lane.done);
}

std::vector<Partition> Job::SetRooms(const std::vector<std::string>& rooms, uint32_t partitions) {
  const std::set<std::string> joined(rooms.begin(), rooms.end());
  const auto is_gone = [&joined](const std::string& room) { return !joined.contains(room); };
  for (auto& [partition, lane] : lanes_) {
    std::erase_if(lane.due, is_gone);
    std::erase_if(lane.done, is_gone);
  }
  for (const std::string& room : joined) {
    Lane& lane = lanes_[PartitionOf(room, partitions)];
    if (!lane.done.contains(room) && lane.under_way != room) lane.due.insert(room);
  }
  std::vector<Partition> idle;
  for (auto& [partition, lane] : lanes_) {
    if (lane.due.empty() || lane.busy) continue;
    lane.busy = true;
    idle.push_back(partition);
  }
  return idle;
}

std::optional<std::string> Job::Take(Partition partition) {
  Lane& lane = lanes_[partition];
  if (lane.due.empty()) {
    lane.busy = false;
    return std::nullopt;
  }
  lane.under_way = *lane.due.begin();
  lane.due.erase(lane.due.begin());
  return lane.under_way;
}

void Job::Finish(Partition partition, const std::string& room, int64_t generation, bool written) {
  Lane& lane = lanes_[partition];
  lane.under_way.clear();
  const bool is_current = written && generation == generation_;
  (is_current ? lane.done : lane.due).insert(room);
}

bool Job::AtRest() const {
  return std::none_of(lanes_.begin(), lanes_.end(),
                      [](const auto& entry) { return entry.second.busy; });
}

size_t Job::rooms_pending() const {
  size_t pending = 0;
  for (const auto& [partition, lane] : lanes_) pending += lane.due.size() + !lane.under_way.empty();
  return pending;
}

size_t Job::rooms_done() const {
  size_t done = 0;
  for (const auto& [partition, lane] : lanes_) done += lane.done.size();
  return done;
}

}  // namespace parley::profile
