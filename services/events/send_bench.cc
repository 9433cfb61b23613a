#include <benchmark/benchmark.h>

#include "services/events/test_service.h"

// CPU for each send, commits shared by `threads` senders as they are in a busy process. Syncing is off: it costs time, not CPU.
namespace parley::events {
namespace {

void BM_Send(benchmark::State& state) {
  static TestService* service = nullptr;
  static std::vector<std::string>* rooms = nullptr;
  if (state.thread_index() == 0) {
    service = new TestService;
    rooms = new std::vector<std::string>;
    for (int i = 0; i < 16; ++i) rooms->push_back(service->Create("alice"));
  }
  int i = 0;
  for (auto _ : state) {
    const std::string& room = (*rooms)[(state.thread_index() * 7 + i) % 16];
    benchmark::DoNotOptimize(
        service->Say("alice", room, "hello", absl::StrCat(state.thread_index(), "/", i++)).ok());
  }
  if (state.thread_index() == 0) {
    delete rooms;
    delete service;
  }
}
BENCHMARK(BM_Send)->ThreadRange(1, 16)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace parley::events

