#include <cstdlib>
#include <deque>
#include <random>

#include <gmock/gmock.h>

#include "services/events/graph/sim_server.h"

// N servers share a room through a network that loses and delays, and one of them lies. When the
// network is whole again, all honest servers have the same state and every event of an honest user.
namespace parley::events {
namespace {

constexpr int kServers = 4;  // the last one is hostile
constexpr int kSteps = 40;
constexpr std::string_view kJoin = R"({"membership":"join"})";

struct Sent {
  std::string origin;
  std::string pdu;
};

class Simulation {
 public:
  explicit Simulation(uint32_t seed) : random_(seed) {
    const char* versions[] = {"2", "6", "10", "11", "12"};
    version_ = &event::GetRoomVersion(versions[seed % 5]);
    for (int i = 0; i < kServers; ++i) {
      servers_.push_back(std::make_unique<SimServer>(world_, std::string(1, 'a' + i) + ".test"));
    }
    room_ = servers_[0]->CreateRoom(version_->id);
    const std::vector<std::string> pdus = servers_[0]->Pdus(room_);
    for (int i = 1; i < kServers; ++i) servers_[i]->Import(pdus, *version_);
    for (int i = 1; i < kServers; ++i) {
      const auto join = servers_[i]->Send(room_, "m.room.member", servers_[i]->user(), kJoin);
      EXPECT_TRUE(join.ok()) << join.status();
      for (int j = 0; j < kServers; ++j) {
        if (j != i) servers_[j]->Enter(room_, {(*join)->bytes}, *version_);
      }
    }
  }

  void Run() {
    for (int step = 0; step < kSteps; ++step) {
      const int who = Pick(kServers);
      if (who == kServers - 1) {
        Lie();
      } else {
        Act(*servers_[who]);
      }
      for (int i = Pick(4); i > 0; --i) DeliverSome(0.25);
      if (Pick(10) == 0) servers_[Pick(kServers - 1)]->Restart();
    }
    Heal();
  }

  void Check() {
    const auto state = servers_[0]->State(room_);
    for (int i = 1; i < kServers - 1; ++i)
      EXPECT_EQ(servers_[i]->State(room_), state) << servers_[i]->name();
    for (const std::string& id : honest_) {
      for (int i = 0; i < kServers - 1; ++i) {
        const auto row = servers_[i]->Stored(room_, id);
        EXPECT_TRUE(row && (row->flags & (kOutlier | kRejected)) == 0)
            << id << " at " << servers_[i]->name();
      }
    }
    EXPECT_FALSE(coup_.contains(state.at("m.room.power_levels ")));
  }

 private:
  int Pick(int n) { return static_cast<int>(random_() % n); }

  void Publish(const std::string& origin, const event::PduPtr& pdu) {
    for (const auto& server : servers_) {
      if (server->name() != origin) wires_[server->name()].push_back({origin, pdu->bytes});
    }
  }

  void Act(SimServer& server) {
    const std::string other = servers_[Pick(kServers)]->user();
    const std::string liar = servers_[kServers - 1]->user();
    absl::StatusOr<event::PduPtr> sent;
    switch (Pick(8)) {
      case 0:
        sent = server.Send(room_, "m.room.topic", "",
                           "{\"topic\":\"" + std::to_string(random_()) + "\"}");
        break;
      case 1:
        sent = server.Send(room_, "m.test", std::to_string(Pick(3)),
                           "{\"n\":" + std::to_string(Pick(1000)) + "}");
        break;
      case 2:
        sent = Promote(server, other);
        break;
      case 3:
        sent = server.Send(room_, "m.room.member", liar, R"({"membership":"ban"})");
        break;
      case 4:
        sent = server.Send(room_, "m.room.member", liar, R"({"membership":"leave"})");
        break;
      case 5:
        sent = server.Send(room_, "m.room.member", server.user(), kJoin);
        break;
      case 6:
        sent = server.Send(room_, "m.room.join_rules", "",
                           Pick(2) ? R"({"join_rule":"invite"})" : R"({"join_rule":"public"})");
        break;
      default:
        sent = server.Say(room_, "x");
    }
    if (!sent.ok()) return;
    honest_.insert((*sent)->event_id.str());
    Publish(server.name(), *sent);
  }

  absl::StatusOr<event::PduPtr> Promote(SimServer& server, const std::string& user) {
    json::Object users;
    const bool has_creators = version_->privileged_creators;
    if (!has_creators) users.Set(servers_[0]->user(), 100);
    if (!has_creators || user != servers_[0]->user()) users.Set(user, 50);
    return server.Send(room_, "m.room.power_levels", "",
                       json::Serialize(json::Object{
                           {"users", users}, {"state_default", 0}, {"events_default", 0}}));
  }

  // Events that stand on whatever is old, claim what they are not allowed, and reach only some.
  void Lie() {
    SimServer& liar = *servers_[kServers - 1];
    const auto rows = liar.Timeline(room_);
    const EventRow& prev = rows[Pick(rows.size())];
    event::EventFields fields;
    fields.room_id = RoomId::Trusted(room_);
    fields.sender = UserId::Trusted(liar.user());
    fields.origin_server_ts = world_.clock.NowMs() - Pick(1000);
    fields.depth = Pick(200) + 1;
    fields.prev_events.push_back(EventId::Trusted(prev.event_id));
    for (const auto& [key, id] : liar.State(room_)) {
      const bool create = key == "m.room.create " && version_->create_in_auth_events;
      if (create || key == "m.room.power_levels " || key == "m.room.member " + liar.user()) {
        fields.auth_events.push_back(EventId::Trusted(id));
      }
    }
    const int kind = Pick(3);
    fields.type = kind == 0 ? "m.room.power_levels" : kind == 1 ? "m.room.topic" : "m.room.message";
    if (kind != 2) fields.state_key = "";
    fields.content = kind == 0 ? json::Object{{"users", json::Object{{liar.user(), 100}}}}
                               : json::Object{{"topic", "lies"}, {"n", Pick(1000)}};
    const auto built =
        event::EventBuilder(*version_, liar.name(), liar.key()).Build(std::move(fields));
    ASSERT_TRUE(built.ok()) << built.status();
    if (kind == 0) coup_.insert((*built)->event_id.str());
    SimServer& victim = *servers_[Pick(kServers - 1)];
    wires_[victim.name()].push_back({liar.name(), (*built)->bytes});
    if (Pick(2)) wires_[liar.name()].push_back({liar.name(), (*built)->bytes});
  }

  // One event to one server, from anywhere in its wire; or it is lost.
  void DeliverSome(double loss) {
    SimServer& server = *servers_[Pick(kServers)];
    std::deque<Sent>& wire = wires_[server.name()];
    if (wire.empty()) return;
    const size_t at = Pick(std::min<size_t>(wire.size(), 3));
    const Sent sent = wire[at];
    wire.erase(wire.begin() + at);
    if (Pick(1000) < loss * 1000) return;
    Hand(server, sent);
    if (Pick(2)) server.graph().FetchAll({});
  }

  void Hand(SimServer& server, const Sent& sent) {
    v1::ReceivePdusRequest request;
    request.set_origin(sent.origin);
    request.set_room_id(room_);
    request.add_pdus(sent.pdu);
    const auto response = server.federation().ReceivePdus({}, request);
    // The liar may have been thrown out.
    const bool is_liar = &server == servers_[kServers - 1].get();
    EXPECT_TRUE(is_liar || response.ok()) << response.status();
  }

  void Heal() {
    servers_[kServers - 1]->reachable = true;
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < kServers - 1; ++i) {
        const auto said = servers_[i]->Say(room_, "round");
        if (!said.ok()) continue;
        honest_.insert((*said)->event_id.str());
        for (int j = 0; j < kServers - 1; ++j) {
          if (j != i) wires_[servers_[j]->name()].push_back({servers_[i]->name(), (*said)->bytes});
        }
      }
      for (int i = 0; i < kServers - 1; ++i) {
        std::deque<Sent> wire = std::move(wires_[servers_[i]->name()]);
        for (const Sent& sent : wire) Hand(*servers_[i], sent);
        for (int again = 0; again < 2; ++again) servers_[i]->graph().FetchAll({});
      }
    }
  }

  std::mt19937 random_;
  SimWorld world_;
  const event::RoomVersion* version_ = nullptr;
  std::vector<std::unique_ptr<SimServer>> servers_;
  std::string room_;
  std::map<std::string, std::deque<Sent>> wires_;
  std::set<std::string> honest_;
  std::set<std::string> coup_;
};

TEST(GraphSimulation, AllHonestServersEndWithTheSameState) {
  // tests/run --long has more of them.
  const char* seeds = std::getenv("PARLEY_SIMULATION_SEEDS");
  const uint32_t last = seeds == nullptr ? 50 : static_cast<uint32_t>(std::atoi(seeds));
  ASSERT_GT(last, 0u);
  for (uint32_t seed = 1; seed <= last; ++seed) {
    SCOPED_TRACE(seed);
    Simulation simulation(seed);
    simulation.Run();
    simulation.Check();
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace parley::events
