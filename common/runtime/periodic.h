#pragma once

#include <functional>
#include <string>
#include <thread>

#include <absl/synchronization/notification.h>
#include <absl/time/time.h>

namespace parley {

// Calls `work` again and again, `period` after the last call has returned, on a thread of its own. The destructor waits for a
// call that runs. Work must not throw.
class Periodic {
 public:
  Periodic(std::string name, absl::Duration period, std::function<void()> work);
  ~Periodic();

 private:
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace parley
