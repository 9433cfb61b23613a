#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <absl/time/time.h>

#include "common/base/partition.h"

namespace parley::profile {

// One user's change on its way into all rooms, as a value: which rooms are still to be written, by
// the partition that owns them. Pure: no clock, no calls. A lane is the rooms of one partition;
// rooms of a lane are written one after another, lanes side by side, so an owner that does not
// answer holds up nobody but its own rooms.
//
// Threads: none; its owner locks.
class Job {
 public:
  Job(int64_t generation, absl::Time now) : generation_(generation), started_(now), renewed_(now) {}

  // A newer change: every room is to be written again.
  void Renew(int64_t generation, absl::Time now);

  // All rooms that the user is in now. Returns the lanes that have got work and are at rest.
  std::vector<Partition> SetRooms(const std::vector<std::string>& rooms, uint32_t partitions);

  // The next room of a lane, which is under way from now on; nothing when the lane has no more: it
  // is at rest then.
  std::optional<std::string> Take(Partition lane);
  // The room that was under way was written for this generation, or could not be.
  void Finish(Partition lane, const std::string& room, int64_t generation, bool written);

  // Nothing is to be written and nothing under way.
  bool AtRest() const;
  // As far as is known, everybody has this generation.
  bool IsSettled() const { return complete && announced && AtRest(); }

  int64_t generation() const { return generation_; }
  absl::Time started() const { return started_; }
  // When the latest generation came.
  absl::Time renewed() const { return renewed_; }
  size_t rooms_pending() const;
  size_t rooms_done() const;

  // Others have the new name with the user's presence.
  bool announced = false;
  // A list of rooms that began after the last write had no new one.
  bool complete = false;
  bool listing = false;

 private:
  struct Lane {
    std::set<std::string> due;
    std::set<std::string> done;
    std::string under_way;
    bool busy = false;
  };

  int64_t generation_;
  absl::Time started_;
  absl::Time renewed_;
  std::map<Partition, Lane> lanes_;
};

}  // namespace parley::profile
