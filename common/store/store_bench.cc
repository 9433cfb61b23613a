// Events committed per second, and CPU per event, at 1, 10 and 100 writers that each wait for their
// commit. An event is five rows of the kind that a message in a room writes, over a table that
// already holds `kOldEvents`.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/strings.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/temporary_folder.h"

namespace parley::store {
namespace {

constexpr int kOldEvents = 20'000;
constexpr int kRooms = 1000;

std::vector<Migration> Schema() {
  return {{.service = "bench",
           .number = 1,
           .tables = {
               {.name = "bench_events",
                .columns = {{"p"},
                            {"pos"},
                            {"room"},
                            {"ord"},
                            {"event_id", Type::kText},
                            {"type", Type::kText},
                            {"sender", Type::kText},
                            {"pdu", Type::kBytes}},
                .primary_key = {"p", "pos"},
                .indexes = {{"bench_events_by_order", {"p", "room", "ord"}, true},
                            {"bench_events_by_id", {"p", "event_id"}, true}},
                .clustered = false},
               {"bench_rooms", {{"p"}, {"room"}, {"tips", Type::kText}, {"depth"}}, {"p", "room"}},
               {"bench_txns",
                {{"p"},
                 {"room"},
                 {"user", Type::kText},
                 {"txn", Type::kText},
                 {"event_id", Type::kText}},
                {"p", "room", "user", "txn"}},
               {"bench_outbox", {{"p"}, {"pos"}, {"kind"}}, {"p", "pos"}}}}};
}

std::string EventId(int64_t pos) {
  return StrCat("$", pos * 2654435761 % 1'000'000'007, "abcdefghijklmnopqrstuvwxyz01234567", pos);
}

Batch Event(Partition p, int64_t pos) {
  const int64_t room = pos * 7919 % kRooms;
  const std::string event_id = EventId(pos);
  Batch batch;
  batch.Insert("bench_events", {{"p", p},
                                {"pos", pos},
                                {"room", room},
                                {"ord", pos},
                                {"event_id", event_id},
                                {"type", "m.room.message"},
                                {"sender", "@alice:example.org"},
                                {"pdu", Bytes(std::string(600, 'x'))}});
  batch.Upsert("bench_rooms", {{"p", p}, {"room", room}, {"tips", event_id}, {"depth", pos}});
  batch.Insert("bench_txns", {{"p", p},
                              {"room", room},
                              {"user", "@alice:example.org/DEVICE"},
                              {"txn", StrCat("m", pos)},
                              {"event_id", event_id}});
  batch.Insert("bench_outbox", {{"p", p}, {"pos", pos}, {"kind", 1}});
  return batch;
}

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + time.tv_usec * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct World {
  World() : store(*OpenSqlite({.path = folder.path() + "/store.db"}, Schema())) {
    const Partition p = 1;
    epoch = store->TakeOver("bench", {p})->front().epoch;
    for (; pos < kOldEvents; ++pos) {
      if (!store->Enqueue(Event(p, pos + 1), Fence{"bench", p, epoch, pos, pos + 1}, nullptr).ok())
        std::abort();
      if (pos % 1000 == 0 && !store->Commit({}).ok()) std::abort();
    }
    if (!store->Commit({}).ok()) std::abort();
  }

  // Queues the next event; as a lane does, in the order of positions.
  void Append(CommitDone done) {
    absl::MutexLock lock(&mutex);
    if (!store->Enqueue(Event(1, pos + 1), Fence{"bench", 1, epoch, pos, pos + 1}, std::move(done))
             .ok())
      std::abort();
    ++pos;
  }

  TemporaryFolder folder;
  std::unique_ptr<Store> store;
  absl::Mutex mutex;
  int64_t epoch = 0;
  int64_t pos = 0;
};

// Keeps `writers` events in flight: each that is committed starts the next.
class Load {
 public:
  Load(World& world, int64_t events) : world_(world), left_(events), unfinished_(events) {}

  void Run(int writers) {
    for (int i = 0; i < writers; ++i) Start();
    absl::MutexLock lock(&mutex_, absl::Condition(
                                      +[](Load* load) { return load->unfinished_ == 0; }, this));
  }

 private:
  void Start() {
    if (left_.fetch_sub(1) <= 0) return;
    world_.Append([this](absl::Status status) {
      if (!status.ok()) std::abort();
      Start();
      absl::MutexLock lock(&mutex_);
      --unfinished_;
    });
  }

  World& world_;
  std::atomic<int64_t> left_;
  absl::Mutex mutex_;
  int64_t unfinished_;
};

void BM_CommitEvents(benchmark::State& state) {
  World world;
  constexpr int64_t kEvents = 20'000;
  const double before = CpuSeconds();
  int64_t events = 0;
  for (auto _ : state) {
    Load(world, kEvents).Run(static_cast<int>(state.range(0)));
    events += kEvents;
  }
  state.SetItemsProcessed(events);
  state.counters["cpu_us_per_event"] = (CpuSeconds() - before) * 1e6 / static_cast<double>(events);
}
BENCHMARK(BM_CommitEvents)
    ->ArgName("writers")
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void BM_PointRead(benchmark::State& state) {
  World world;
  int64_t i = 0;
  for (auto _ : state) {
    const int64_t pos = 1 + (++i * 7919) % kOldEvents;
    const absl::Status status = world.store->Read([&](Reader& reader) {
      return reader.Query("SELECT pdu FROM bench_events WHERE p = $1 AND pos = $2", {1, pos},
                          [](const Row& row) { benchmark::DoNotOptimize(row.Text(0)); });
    });
    if (!status.ok()) std::abort();
  }
}
BENCHMARK(BM_PointRead);

void BM_LatestFiftyOfARoom(benchmark::State& state) {
  World world;
  int64_t i = 0;
  for (auto _ : state) {
    const absl::Status status = world.store->Read([&](Reader& reader) {
      return reader.Query(
          "SELECT pdu FROM bench_events WHERE p = $1 AND room = $2 ORDER BY ord DESC LIMIT 50",
          {1, ++i % kRooms}, [](const Row& row) { benchmark::DoNotOptimize(row.Text(0)); });
    });
    if (!status.ok()) std::abort();
  }
}
BENCHMARK(BM_LatestFiftyOfARoom);

}  // namespace
}  // namespace parley::store
