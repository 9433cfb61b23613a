#include "common/runtime/periodic.h"

#include <pthread.h>

#include <utility>

namespace parley {

Periodic::Periodic(std::string name, absl::Duration period, std::function<void()> work)
    : thread_([this, name = std::move(name), period, work = std::move(work)] {
        pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
        while (!stop_.WaitForNotificationWithTimeout(period)) work();
      }) {}

Periodic::~Periodic() {
  stop_.Notify();
  thread_.join();
}

}  // namespace parley
