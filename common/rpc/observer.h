#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>

#include "common/rpc/channel.h"

namespace parley::rpc {

// Is told of every finished call: metrics and tests count by it. Clients, servers and the generated decorators
// (`AccountsLink`) take one. Threads: called from any.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void Finished(const Method& method, const absl::Status& status, absl::Duration took) = 0;
};

// Observer that does nothing; lives as long as the process.
Observer& NoObserver();

// Counts calls by label ("events.Send"): how many hops something took.
class CountCalls final : public Observer {
 public:
  void Finished(const Method& method, const absl::Status& status, absl::Duration took) override;

  int64_t total() const;
  int64_t of(std::string_view label) const;
  void Reset();
  // "events.Send 1, accounts.RecordMembership 1", sorted, for a test's message.
  std::string ToString() const;

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, int64_t> counts_ ABSL_GUARDED_BY(mutex_);
};

// Runs `function`, which returns a StatusOr, and tells `observer` how it went.
template <class Function>
auto Observe(Observer& observer, const Method& method, Function&& function) {
  const absl::Time begin = absl::Now();
  auto result = function();
  observer.Finished(method, result.status(), absl::Now() - begin);
  return result;
}

}  // namespace parley::rpc
