#include <benchmark/benchmark.h>

#include <map>
#include <string>

#include "common/event/event_types.h"
#include "common/event/state_res.h"

// What a resolution costs in a room with 100,000 members and ten forks, and across an auth chain of
// 50,000 events.
namespace parley::event {
namespace {

constexpr int kMembers = 100'000;
constexpr int kForks = 10;
constexpr int kChain = 50'000;

// Events without bytes, made when they are asked for: "$create", "$levels", "$join<n>",
// "$topic<n>", "$chain<n>".
class BigRoom final : public EventSource {
 public:
  PduPtr Find(const EventId& id) override {
    const auto [it, is_new] = events_.try_emplace(id.str());
    if (is_new) it->second = Make(id.str());
    return it->second;
  }
  bool IsRejected(const EventId&) override { return false; }

  static EventId Id(std::string_view name, int number) {
    return EventId::Trusted("$" + std::string(name) + std::to_string(number));
  }
  static std::string User(int number) { return "@u" + std::to_string(number) + ":a.test"; }

 private:
  static bool Is(const std::string& id, std::string_view name) {
    return id.compare(1, name.size(), name) == 0;
  }

  static PduPtr Make(const std::string& id) {
    auto event = std::make_shared<Pdu>();
    event->version = &GetRoomVersion("11");
    event->event_id = EventId::Trusted(id);
    event->room_id = RoomId::Trusted("!room:a.test");
    event->state_key = "";
    event->sender = UserId::Trusted(User(0));
    const int number = std::atoi(id.c_str() + id.find_first_of("0123456789"));
    event->origin_server_ts = number;
    if (Is(id, "create")) {
      event->type = kCreate;
      return event;
    }
    event->auth_events = {Id("create", 0)};
    if (Is(id, "join")) {
      event->type = kMember;
      event->sender = UserId::Trusted(User(number));
      event->state_key = User(number);
      event->content = {{"membership", "join"}};
    } else if (Is(id, "chain")) {
      event->type = kPowerLevels;
      if (number > 0) event->auth_events.push_back(Id("chain", number - 1));
      event->auth_events.push_back(Id("join", 0));
    } else {
      event->type = "m.room.topic";
      event->sender = UserId::Trusted(User(number));
      event->auth_events.push_back(Id("levels", 0));
      event->auth_events.push_back(Id("join", number));
    }
    if (Is(id, "levels")) {
      event->type = kPowerLevels;
      event->sender = UserId::Trusted(User(0));
      event->auth_events = {Id("create", 0), Id("join", 0)};
      event->content = {{"state_default", 0}};
    }
    return event;
  }

  std::map<std::string, PduPtr> events_;
};

StateMap Everything() {
  StateMap state;
  state[{std::string(kCreate), ""}] = BigRoom::Id("create", 0);
  state[{std::string(kPowerLevels), ""}] = BigRoom::Id("levels", 0);
  for (int i = 0; i < kMembers; ++i)
    state[{std::string(kMember), BigRoom::User(i)}] = BigRoom::Id("join", i);
  return state;
}

void BM_TenForksOfARoomOf100000(benchmark::State& bench) {
  const StateMap everything = Everything();
  std::vector<StateMap> forks(kForks);
  for (int i = 0; i < kForks; ++i) forks[i][{"m.room.topic", ""}] = BigRoom::Id("topic", i + 1);
  const auto agreed = [&](const StateTuple& tuple) -> const EventId* {
    const auto found = everything.find(tuple);
    return found == everything.end() ? nullptr : &found->second;
  };
  const auto all_agreed = [&] {
    std::vector<EventId> ids;
    for (const auto& [tuple, id] : everything) ids.push_back(id);
    return ids;
  };
  for (auto _ : bench) {
    BigRoom room;
    AuthGraph graph(room);
    benchmark::DoNotOptimize(
        ResolveConflict(GetRoomVersion("11"), {forks, agreed, all_agreed}, graph));
  }
}
BENCHMARK(BM_TenForksOfARoomOf100000)->Unit(benchmark::kMicrosecond);

void BM_AnAuthChainOf50000(benchmark::State& bench) {
  std::vector<StateMap> forks(2);
  forks[0][{std::string(kPowerLevels), ""}] = BigRoom::Id("chain", 10);
  forks[1][{std::string(kPowerLevels), ""}] = BigRoom::Id("chain", kChain - 1);
  const auto agreed = [](const StateTuple&) -> const EventId* { return nullptr; };
  const auto all_agreed = [] { return std::vector<EventId>(); };
  for (auto _ : bench) {
    BigRoom room;
    AuthGraph graph(room);
    benchmark::DoNotOptimize(
        ResolveConflict(GetRoomVersion("11"), {forks, agreed, all_agreed}, graph));
  }
}
BENCHMARK(BM_AnAuthChainOf50000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace parley::event
