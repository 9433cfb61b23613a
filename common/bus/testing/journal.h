#pragma once

#include <string>
#include <vector>

#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

namespace parley::bus {

// Lines that callbacks write and a test waits for. Threads: any.
class Journal {
 public:
  void Add(std::string line) {
    absl::MutexLock lock(&mutex_);
    lines_.push_back(std::move(line));
  }

  // True once `line` has come, at least `times`; false after ten seconds.
  bool Await(const std::string& line, int times = 1) {
    const auto has_come = [&] { return Count(line) >= times; };
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&has_come), absl::Seconds(10));
  }

  std::vector<std::string> lines() const {
    absl::MutexLock lock(&mutex_);
    return lines_;
  }

 private:
  int Count(const std::string& line) const {
    int count = 0;
    for (const std::string& each : lines_) count += each == line;
    return count;
  }

  mutable absl::Mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace parley::bus
