#include "services/calls/client/room_agent.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace parley::calls::client {
namespace {

using Kind = Effect::Kind;
using State = RoomAgent::State;

// A room on one server, and the devices of two users in it. Requests and syncs are as slow as the
// seed says; both keep their order.
class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  struct Device {
    std::string user;
    std::unique_ptr<RoomAgent> agent;
    std::deque<Signal> outgoing;
    size_t read = 0;  // of the room's events
    bool wants_to_call = false;
    bool has_prepared = false;
    int rings = 0;
    bool is_ringing = false;
    std::set<std::string> connected;
    int media = 0;  // sets of streams held
  };

  Device& Add(const std::string& user, const std::string& name) {
    Device& device = devices_.emplace_back();
    device.user = user;
    device.agent = std::make_unique<RoomAgent>(user, name);
    return device;
  }

  uint64_t Random(uint64_t n) { return random_() % n; }

  void Do(Device& device, const Effects& effects) {
    for (const Effect& effect : effects) {
      switch (effect.kind) {
        case Kind::kSend:
          device.outgoing.push_back(effect.signal);
          break;
        case Kind::kRing:
          ++device.rings;
          device.is_ringing = true;
          break;
        case Kind::kStopRinging:
          device.is_ringing = false;
          break;
        case Kind::kConnected:
          device.connected.insert(effect.call_id);
          break;
        case Kind::kEnded:
          device.connected.erase(effect.call_id);
          break;
        case Kind::kMoveMedia:
          ++moved_;
          device.connected.erase(effect.from);
          break;
        case Kind::kReleaseMedia:
          break;
      }
    }
  }

  // One thing that may happen next; false: nothing is left.
  bool Step() {
    std::vector<std::function<void()>> possible;
    for (Device& device : devices_) {
      if (!device.outgoing.empty()) possible.push_back([this, &device] { Arrive(device); });
      if (device.read < events_.size()) possible.push_back([this, &device] { Deliver(device); });
      if (device.wants_to_call) possible.push_back([this, &device] { BeginCall(device); });
      if (device.agent->state() == State::kPreparing) {
        possible.push_back([this, &device] { Do(device, device.agent->MediaReady(now_)); });
      }
    }
    if (possible.empty()) return false;
    now_ += 1 + Random(20);
    possible[Random(possible.size())]();
    return true;
  }

  void Arrive(Device& device) {
    Signal signal = device.outgoing.front();
    device.outgoing.pop_front();
    signal.sent_at = signal.seen_at = now_;
    signal.event_id = "$" + std::to_string(events_.size());
    events_.push_back(signal);
  }
  void Deliver(Device& device) { Do(device, device.agent->Receive(events_[device.read++], now_)); }
  void BeginCall(Device& device) {
    device.wants_to_call = false;
    device.has_prepared = device.agent->state() == State::kIdle;
    std::string call_id;
    for (int i = 0; i < 4; ++i) call_id += static_cast<char>('A' + Random(26));
    Do(device, device.agent->Prepare(call_id + std::to_string(calls_++), now_));
  }

  void Run() {
    for (int step = 0; step < 10'000 && Step();) ++step;
  }

  // "alice/A1 CALL, bob/B1 CALL" of those who are connected.
  std::multimap<std::string, std::string> Connected() const {
    std::multimap<std::string, std::string> connected;
    for (const Device& device : devices_) {
      for (const std::string& call_id : device.connected) connected.emplace(device.user, call_id);
    }
    return connected;
  }

  std::deque<Device> devices_;
  std::vector<Signal> events_;
  int64_t now_ = 1'000'000;
  int moved_ = 0;
  int calls_ = 0;
  std::mt19937_64 random_;
};

std::string History(const World& world) {
  std::string text;
  for (const Signal& event : world.events_) {
    text += std::to_string(event.sent_at) + " " + event.sender + "/" + event.party_id + " " +
            std::to_string(static_cast<int>(event.kind)) + " " + event.call_id + "\n";
  }
  return text;
}

// One call, between one device of each, which all of them name alike.
void ExpectOneCall(const World& world) {
  const auto connected = world.Connected();
  ASSERT_EQ(connected.size(), 2u) << History(world);
  EXPECT_EQ(connected.count("@alice:x"), 1u) << History(world);
  EXPECT_EQ(connected.count("@bob:x"), 1u) << History(world);
  EXPECT_EQ(connected.begin()->second, connected.rbegin()->second) << History(world);
}

// S82–S92: two users who call each other from one device each; thousands of interleavings, each
// from its seed.
TEST(RoomAgent, TwoWhoCallEachOtherHaveOneCallThatNeverRings) {
  int moved = 0;
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    world.Add("@alice:x", "A1").wants_to_call = true;
    world.Add("@bob:x", "B1").wants_to_call = true;
    world.Run();
    ExpectOneCall(world);
    for (const auto& device : world.devices_) {
      EXPECT_FALSE(device.is_ringing);
      // Who had begun to call never hears a ring (S89); who had not may: it is an ordinary call to
      // them.
      EXPECT_LE(device.rings, device.has_prepared ? 0 : 1) << History(world);
    }
    moved += world.moved_;
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(moved, 1000);  // S90
}

// S92: the same with several devices, of which any number calls.
TEST(RoomAgent, UsersWithSeveralDevicesHaveOneCall) {
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    for (const char* user : {"@alice:x", "@bob:x"}) {
      const uint64_t devices = 1 + world.Random(3);
      for (uint64_t i = 0; i < devices; ++i) {
        World::Device& device = world.Add(user, std::string(user) + std::to_string(i));
        device.wants_to_call = i == 0 || world.Random(3) == 0;
      }
    }
    world.Run();
    ExpectOneCall(world);
    for (const auto& device : world.devices_) {
      EXPECT_FALSE(device.is_ringing) << History(world);
      EXPECT_LE(device.rings, 1) << History(world);
    }
    if (::testing::Test::HasFailure()) return;
  }
}

Signal Incoming(Signal::Kind kind, const std::string& call_id, int64_t at) {
  static int number = 0;
  Signal signal;
  signal.kind = kind;
  signal.call_id = call_id;
  signal.sender = "@bob:x";
  signal.party_id = "B";
  signal.lifetime = 60'000;
  signal.sent_at = signal.seen_at = at;
  signal.event_id = "$in" + std::to_string(++number);
  return signal;
}

std::string Text(const Effects& effects) {
  static const char* const kNames[] = {"send", "ring",  "stop",   "connected",
                                       "move", "ended", "release"};
  static const char* const kSignals[] = {"invite", "candidates", "answer",
                                         "select", "reject",     "hangup"};
  std::string text;
  for (const Effect& effect : effects) {
    text += text.empty() ? "" : ", ";
    text += kNames[static_cast<int>(effect.kind)];
    if (effect.kind == Kind::kSend)
      text += std::string(" ") + kSignals[static_cast<int>(effect.signal.kind)];
    text += " " + effect.call_id;
  }
  return text;
}

class OneAgent : public ::testing::Test {
 protected:
  RoomAgent agent_{"@alice:x", "A"};
};

// S82, S83, S90
TEST_F(OneAgent, AnInviteThatComesWhileOnePreparesIsAcceptedAndNothingElseIsSent) {
  EXPECT_EQ(Text(agent_.Prepare("5", 1000)), "");
  EXPECT_EQ(Text(agent_.Receive(Incoming(Signal::Kind::kInvite, "9", 1000), 1100)),
            "move 9, send answer 9, connected 9");
  EXPECT_EQ(Text(agent_.MediaReady(1200)), "");
}

// S85, S91
TEST_F(OneAgent, TheLesserIncomingCallIsAcceptedAndTheOwnAborted) {
  agent_.Prepare("5", 1000);
  EXPECT_EQ(Text(agent_.MediaReady(1000)), "send invite 5");
  EXPECT_EQ(Text(agent_.Receive(Incoming(Signal::Kind::kInvite, "10", 1000), 1100)),
            "send hangup 5, move 10, send answer 10, connected 10");
}

// S86
TEST_F(OneAgent, TheLesserOwnCallGoesOnWaiting) {
  agent_.Prepare("5", 1000);
  agent_.MediaReady(1000);
  EXPECT_EQ(Text(agent_.Receive(Incoming(Signal::Kind::kInvite, "9", 1000), 1100)), "");
  EXPECT_EQ(agent_.state(), State::kCalling);
  EXPECT_EQ(Text(agent_.Receive(Incoming(Signal::Kind::kHangup, "9", 1150), 1150)), "");
  EXPECT_EQ(Text(agent_.Receive(Incoming(Signal::Kind::kAnswer, "5", 1200), 1200)),
            "send select 5, connected 5");
}

// S74
TEST_F(OneAgent, AnInviteThatIsTooOldDoesNotRing) {
  EXPECT_EQ(Text(agent_.Receive(Incoming(Signal::Kind::kInvite, "9", 1000), 61'000)), "");
  EXPECT_EQ(Text(agent_.Receive(Incoming(Signal::Kind::kInvite, "8", 61'000), 61'500)), "ring 8");
  EXPECT_EQ(Text(agent_.Tick(121'000)), "stop 8, ended 8");
}

// S73
TEST_F(OneAgent, NothingThatComesAfterTheHangupRevivesACall) {
  agent_.Prepare("5", 1000);
  agent_.MediaReady(1000);
  EXPECT_EQ(Text(agent_.HangUp(1100)), "send hangup 5, ended 5, release 5");
  EXPECT_EQ(Text(agent_.Receive(Incoming(Signal::Kind::kAnswer, "5", 1200), 1200)), "");
  EXPECT_EQ(Text(agent_.Receive(Incoming(Signal::Kind::kCandidates, "5", 1200), 1200)), "");
}

// S92
TEST_F(OneAgent, AnExpiredInviteIsNoGlare) {
  agent_.Prepare("5", 100'000);
  agent_.MediaReady(100'000);
  EXPECT_EQ(Text(agent_.Receive(Incoming(Signal::Kind::kInvite, "1", 30'000), 100'100)), "");
  EXPECT_EQ(agent_.state(), State::kCalling);
}

}  // namespace
}  // namespace parley::calls::client
