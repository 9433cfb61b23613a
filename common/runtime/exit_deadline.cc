#include "common/runtime/exit_deadline.h"

#include <cstdlib>

#include "common/runtime/log.h"

namespace parley {

ExitDeadline::ExitDeadline(absl::Duration limit)
    : thread_([this, limit] {
        if (in_time_.WaitForNotificationWithTimeout(limit)) return;
        log::Warning("some threads did not end in time, the process ends without them");
        std::_Exit(0);
      }) {}

ExitDeadline::~ExitDeadline() {
  in_time_.Notify();
  thread_.join();
}

}  // namespace parley
