#pragma once

#include <thread>

#include <absl/synchronization/notification.h>
#include <absl/time/time.h>

namespace parley {

// Ends the process with status 0 when `limit` has passed, whatever its threads still wait for:
// other processes, say, that are stopping too. What was acknowledged is on disk by then, and the
// rest nobody relies on. Does nothing if it is destroyed before.
class ExitDeadline {
 public:
  explicit ExitDeadline(absl::Duration limit);
  ~ExitDeadline();

 private:
  absl::Notification in_time_;
  std::thread thread_;
};

}  // namespace parley
