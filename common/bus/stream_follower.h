#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/btree_set.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/bus/head_watcher.h"

namespace parley::bus {

// How far the reader of one partition of a stream is.
struct Progress {
  Partition partition = 0;
  int64_t position = 0;
  bool more = false;  // of what was read: ask again at once
};

// Follows another service's stream: reads behind what was read before, then whatever a wake, or the
// head that a lost wake left behind, says is there. A read that failed is tried again after a
// second.
//
// Threads: its own, from construction to destruction; `read` runs on it, `poll` on the watcher's.
// Lifetime: borrows bus and clock.
class StreamFollower {
 public:
  // Reads what is behind these positions and takes care of it. Nothing: it failed. A partition that
  // the answer leaves out stays where it was.
  using Read =
      std::function<std::optional<std::vector<Progress>>(const std::vector<Progress>& behind)>;

  struct Options {
    std::string wakes;                        // whose wakes say that there is something to read
    std::string service;                      // whose heads say so when wakes were lost
    std::vector<int64_t> begin;               // by partition: everything up to here was read
    std::function<std::vector<Head>()> poll;  // all heads of the service
    Read read;
  };

  StreamFollower(Bus& bus, const Clock& clock, Options options);
  ~StreamFollower();

  // Reads the partitions anew, from behind this position.
  void Restart(absl::Span<const Partition> partitions, int64_t position);

 private:
  void Mark(Partition partition, int64_t position);
  void MarkAll();
  void Run();
  // Partitions to read, once there are any; false: the end.
  bool Wait(std::vector<Partition>& partitions);
  std::vector<Progress> Behind(const std::vector<Partition>& partitions);
  void Note(const std::vector<Progress>& done);
  void TryLater(const std::vector<Partition>& partitions);

  const Options options_;
  absl::Mutex mutex_;
  std::vector<int64_t> read_ ABSL_GUARDED_BY(mutex_);  // by partition: everything up to here
  absl::btree_set<Partition> dirty_ ABSL_GUARDED_BY(mutex_);
  // Since a read has begun: what it has done does not count.
  absl::btree_set<Partition> restarted_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Bus::SubscriptionPtr> subscriptions_;
  std::unique_ptr<HeadWatcher> watcher_;
  std::thread thread_;
};

}  // namespace parley::bus
