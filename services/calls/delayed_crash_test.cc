// MSC4140 in earnest: 10,000 timers that are restarted all the time while their owner is killed.

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/numbers.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/bus/memory_bus.h"
#include "common/json/value.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/temporary_folder.h"
#include "services/calls/service.h"
#include "services/calls/store.h"

namespace parley::calls {
namespace {

constexpr int kTimers = 10'000;
constexpr int kThreads = 16;
constexpr int64_t kDelayMs = 8'000;

// What outlives a killed owner: what its clients know, and what `events` has.
struct Outside {
  std::atomic<int> scheduled = 0;
  std::atomic<int> restarts = 0;
  std::atomic<int> fired = 0;
  std::atomic<int> early = 0;
  std::atomic<bool> restarting = true;
  char ids[kTimers][64] = {};
  // The latest restart that was answered, as of its request.
  std::atomic<int64_t> restarted_at[kTimers] = {};
  std::atomic<int64_t> fired_at[kTimers] = {};
};

// `events`: takes each transaction once.
class Room final : public events::EventsFake {
 public:
  explicit Room(Outside& outside) : outside_(outside) {}

  absl::StatusOr<events::SendResponse> Send(const rpc::Call&,
                                            const events::SendRequest& request) override {
    const auto content = json::ParseObject(request.content());
    const int64_t timer = json::IntOr(*content, "timer", -1);
    const int64_t now = absl::ToUnixMillis(absl::Now());
    int64_t never = 0;
    if (outside_.fired_at[timer].compare_exchange_strong(never, now)) {
      if (now < outside_.restarted_at[timer] + kDelayMs) ++outside_.early;
      ++outside_.fired;
    }
    events::SendResponse response;
    response.set_event_id("$" + request.txn_id());
    return response;
  }
  absl::StatusOr<events::ListCallSignalsResponse> ListCallSignals(
      const rpc::Call&, const events::ListCallSignalsRequest&) override {
    return events::ListCallSignalsResponse();
  }
  absl::StatusOr<common::v1::HeadsResponse> Heads(const rpc::Call&,
                                                  const common::v1::HeadsRequest&) override {
    return common::v1::HeadsResponse();
  }

 private:
  Outside& outside_;
};

ScheduleDelayedRequest Request(int timer) {
  ScheduleDelayedRequest request;
  request.mutable_requester()->set_user_id("@user" + std::to_string(timer % 100) + ":a");
  request.mutable_requester()->set_device_id("A");
  request.set_room_id("!room" + std::to_string(timer % 50) + ":a");
  request.set_type("m.test");
  request.set_content("{\"timer\":" + std::to_string(timer) + "}");
  request.set_delay_ms(kDelayMs);
  return request;
}

// The clients of one thread: each timer is scheduled once, then restarted for as long as it is
// asked for.
void Schedule(Service& service, Outside& outside, int first) {
  for (int timer = first; timer < kTimers; timer += kThreads) {
    if (outside.ids[timer][0] != 0) continue;
    const int64_t asked = absl::ToUnixMillis(absl::Now());
    const auto response = service.ScheduleDelayed({}, Request(timer));
    if (!response.ok()) continue;
    outside.restarted_at[timer] = asked;
    response->delay_id().copy(outside.ids[timer], sizeof outside.ids[timer] - 1);
    ++outside.scheduled;
  }
}

void RestartAll(Service& service, Outside& outside, int first) {
  for (int timer = first; timer < kTimers && outside.restarting; timer += kThreads) {
    UpdateDelayedRequest request;
    request.set_delay_id(outside.ids[timer]);
    request.set_action(DELAYED_ACTION_RESTART);
    const int64_t asked = absl::ToUnixMillis(absl::Now());
    if (!service.UpdateDelayed({}, request).ok()) continue;  // fired
    outside.restarted_at[timer] = asked;
    ++outside.restarts;
  }
}

// The owner's process; it never returns.
[[noreturn]] void Own(const std::string& path, Outside& outside) {
  Config config;
  config.partitions = 16;
  config.max_delayed_per_user = kTimers;
  config.delayed_burst = kTimers;
  const auto store = *store::OpenSqlite({.path = path, .synchronous = "OFF"}, Migrations());
  bus::MemoryBus bus;
  Room room(outside);
  metrics::Registry registry;
  const auto service =
      *Service::Open(config, {*store, bus, room, Clock::System(), Rng::System(), registry});
  service->Start();
  std::vector<std::thread> clients;
  for (int t = 0; t < kThreads; ++t) {
    clients.emplace_back([&, t] {
      Schedule(*service, outside, t);
      while (outside.restarting) RestartAll(*service, outside, t);
    });
  }
  while (true) pause();
}

pid_t StartOwner(const std::string& path, Outside& outside) {
  const pid_t pid = fork();
  if (pid == 0) Own(path, outside);
  return pid;
}

void KillOwner(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

template <class Condition>
bool WaitUntil(const Condition& condition) {
  const absl::Time end = absl::Now() + absl::Minutes(5);
  while (!condition() && absl::Now() < end) absl::SleepFor(absl::Milliseconds(5));
  return condition();
}

TEST(DelayedEventCrashes, LoseNoTimerAndFireNoneEarly) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/store.db";
  void* const memory =
      mmap(nullptr, sizeof(Outside), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  Outside& outside = *new (memory) Outside;

  pid_t owner = StartOwner(path, outside);
  ASSERT_TRUE(WaitUntil([&] { return outside.scheduled == kTimers; }));
  for (int kills = 0; kills < 3; ++kills) {
    const int before = outside.restarts;
    ASSERT_TRUE(WaitUntil([&] { return outside.restarts >= before + kTimers / 2; }));
    KillOwner(owner);
    owner = StartOwner(path, outside);
  }
  outside.restarting = false;
  EXPECT_TRUE(WaitUntil([&] { return outside.fired == kTimers; })) << outside.fired;
  KillOwner(owner);

  EXPECT_EQ(outside.early, 0);
  std::vector<int64_t> late;
  for (int i = 0; i < kTimers; ++i)
    late.push_back(outside.fired_at[i] - outside.restarted_at[i] - kDelayMs);
  std::sort(late.begin(), late.end());
  RecordProperty("restarts", outside.restarts);
  RecordProperty("late_ms_p50", static_cast<int>(late[kTimers / 2]));
  RecordProperty("late_ms_p99", static_cast<int>(late[kTimers * 99 / 100]));
  munmap(memory, sizeof(Outside));
}

}  // namespace
}  // namespace parley::calls
