#include "services/events/federation/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace parley::events {
namespace {

// Fewer are done before a thread has started.
constexpr size_t kWorthAThread = 32;

void Spread(size_t count, size_t threads, absl::FunctionRef<void(size_t)> work) {
  std::atomic<size_t> next = 0;
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < threads; ++i) others.emplace_back(run);
  run();
  for (std::thread& other : others) other.join();
}

}  // namespace

void OnAllCores(size_t count, absl::FunctionRef<void(size_t)> work) {
  const size_t cores = std::max(1U, std::thread::hardware_concurrency());
  Spread(count, std::clamp<size_t>(count / kWorthAThread, 1, cores), work);
}

void AtOnce(size_t count, size_t limit, absl::FunctionRef<void(size_t)> work) {
  Spread(count, std::clamp<size_t>(count, 1, limit), work);
}

}  // namespace parley::events
