#include "common/event/state_res.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "common/event/event_types.h"
#include "common/event/testing/test_room.h"

namespace parley::event {
namespace {

using testing::TestRoom;

class RoomSource : public EventSource {
 public:
  explicit RoomSource(const TestRoom& room) : room_(room) {}
  PduPtr Find(const EventId& id) override { return room_.Find(id); }
  bool IsRejected(const EventId& id) override { return rejected.contains(id); }

  std::set<EventId> rejected;

 private:
  const TestRoom& room_;
};

// One line of a fixture: an event that stands on the state after another one.
struct Line {
  std::string_view name;
  std::string_view after;
  std::string_view sender;
  std::string_view type;
  std::string_view state_key;
  std::string_view content;
};

constexpr std::string_view kAlice = "@alice:a.test";
constexpr std::string_view kBob = "@bob:b.test";
constexpr std::string_view kCarol = "@carol:c.test";
constexpr std::string_view kJoin = R"({"membership":"join"})";
constexpr std::string_view kLeave = R"({"membership":"leave"})";
constexpr std::string_view kBan = R"({"membership":"ban"})";

// Alice made the room, Bob may set the topic, Carol may nothing.
std::vector<Line> Beginning(std::string_view alice_level) {
  static const std::map<std::string_view, std::string> kLevels = {
      {"100", R"({"users":{"@alice:a.test":100,"@bob:b.test":50}})"},
      {"", R"({"users":{"@bob:b.test":50}})"},
  };
  return {{"rules", "", kAlice, kJoinRules, "", R"({"join_rule":"public"})"},
          {"levels", "rules", kAlice, kPowerLevels, "", kLevels.at(alice_level)},
          {"bob", "levels", kBob, kMember, kBob, kJoin},
          {"carol", "bob", kCarol, kMember, kCarol, kJoin}};
}

class Fixture {
 public:
  Fixture(const RoomVersion& version, const std::vector<Line>& lines)
      : room_(version, std::string(kAlice)), source_(room_), graph_(source_) {
    after_[""] = {room_.Snapshot(), room_.last()};
    Play(Beginning(version.privileged_creators ? "" : "100"));
    Play(lines);
  }

  StateMap After(std::string_view name) const { return after_.at(name).first; }
  EventId IdOf(std::string_view name) const { return after_.at(name).second->event_id; }
  RoomSource& source() { return source_; }
  AuthGraph& graph() { return graph_; }

  StateMap Resolve(const std::vector<StateMap>& states) {
    std::vector<const StateMap*> pointers;
    for (const StateMap& state : states) pointers.push_back(&state);
    return ResolveState(room_.version(), pointers, graph_);
  }
  StateMap ResolveAfter(const std::vector<std::string_view>& names) {
    std::vector<StateMap> states;
    for (const std::string_view name : names) states.push_back(After(name));
    return Resolve(states);
  }

  // The fixture's name for what holds (type, state_key).
  std::string NameIn(const StateMap& state, std::string_view type, std::string_view key) const {
    const auto it = state.find(StateTuple{std::string(type), std::string(key)});
    if (it == state.end()) return "none";
    for (const auto& [name, point] : after_) {
      if (point.second->event_id == it->second) return std::string(name);
    }
    return "another";
  }

 private:
  void Play(const std::vector<Line>& lines) {
    for (const Line& line : lines) {
      room_.GoBack(after_.at(line.after).first, after_.at(line.after).second);
      room_.Add(line.sender, line.type, std::string(line.state_key), line.content);
      after_[line.name] = {room_.Snapshot(), room_.last()};
    }
  }

  TestRoom room_;
  RoomSource source_;
  AuthGraph graph_;
  std::map<std::string_view, std::pair<StateMap, PduPtr>> after_;
};

std::vector<const RoomVersion*> VersionsFrom(size_t number) {
  std::vector<const RoomVersion*> versions;
  for (const RoomVersion& version : AllRoomVersions().subspan(number - 1))
    versions.push_back(&version);
  return versions;
}

TEST(StateResolution, WhatNoStateDisputesStays) {
  for (const RoomVersion& version : AllRoomVersions()) {
    Fixture fixture(version, {});
    EXPECT_EQ(fixture.ResolveAfter({"carol", "carol"}), fixture.After("carol")) << version.id;
    EXPECT_EQ(fixture.ResolveAfter({"carol"}), fixture.After("carol")) << version.id;
  }
}

TEST(StateResolution, ABanTakesAwayWhatTheBannedUserDidBesides) {
  for (const RoomVersion* version : VersionsFrom(2)) {
    Fixture fixture(*version, {{"ban", "carol", kAlice, kMember, kBob, kBan},
                               {"topic", "carol", kBob, "m.room.topic", "", R"({"topic":"x"})"}});
    const StateMap state = fixture.ResolveAfter({"ban", "topic"});
    EXPECT_EQ(fixture.NameIn(state, kMember, kBob), "ban") << version->id;
    EXPECT_EQ(fixture.NameIn(state, "m.room.topic", ""), "none") << version->id;
  }
}

TEST(StateResolution, Version1KeepsWhatOnlyOneStateHas) {
  Fixture fixture(GetRoomVersion("1"),
                  {{"ban", "carol", kAlice, kMember, kBob, kBan},
                   {"topic", "carol", kBob, "m.room.topic", "", R"({"topic":"x"})"}});
  const StateMap state = fixture.ResolveAfter({"ban", "topic"});
  EXPECT_EQ(fixture.NameIn(state, kMember, kBob), "ban");
  EXPECT_EQ(fixture.NameIn(state, "m.room.topic", ""), "topic");
}

TEST(StateResolution, OfTwoPowerLevelsTheMorePowerfulSenderComesFirst) {
  for (const RoomVersion* version : VersionsFrom(2)) {
    Fixture fixture(
        *version,
        {{"promote", "carol", kBob, kPowerLevels, "",
          version->privileged_creators
              ? R"({"users":{"@bob:b.test":50,"@carol:c.test":50}})"
              : R"({"users":{"@alice:a.test":100,"@bob:b.test":50,"@carol:c.test":50}})"},
         {"demote", "carol", kAlice, kPowerLevels, "",
          version->privileged_creators ? R"({"users":{"@bob:b.test":0}})"
                                       : R"({"users":{"@alice:a.test":100,"@bob:b.test":0}})"}});
    const StateMap state = fixture.ResolveAfter({"promote", "demote"});
    EXPECT_EQ(fixture.NameIn(state, kPowerLevels, ""), "demote") << version->id;
  }
}

TEST(StateResolution, ARoomThatClosesKeepsOutWhoJoinsBesides) {
  for (const RoomVersion* version : VersionsFrom(2)) {
    Fixture fixture(*version,
                    {{"close", "bob", kAlice, kJoinRules, "", R"({"join_rule":"invite"})"},
                     {"join", "bob", kCarol, kMember, kCarol, kJoin}});
    const StateMap state = fixture.ResolveAfter({"close", "join"});
    EXPECT_EQ(fixture.NameIn(state, kJoinRules, ""), "close") << version->id;
    EXPECT_EQ(fixture.NameIn(state, kMember, kCarol), "none") << version->id;
  }
}

TEST(StateResolution, OfTwoTopicsTheLaterWins) {
  for (const RoomVersion* version : VersionsFrom(2)) {
    Fixture fixture(*version, {{"first", "carol", kAlice, "m.room.topic", "", R"({"topic":"1"})"},
                               {"second", "carol", kBob, "m.room.topic", "", R"({"topic":"2"})"}});
    const StateMap state = fixture.ResolveAfter({"first", "second"});
    EXPECT_EQ(fixture.NameIn(state, "m.room.topic", ""), "second") << version->id;
  }
}

TEST(StateResolution, ATopicOnNewerPowerLevelsWinsOverALaterOneOnOlder) {
  for (const RoomVersion* version : VersionsFrom(2)) {
    const std::string_view newer = version->privileged_creators
                                       ? R"({"users":{"@bob:b.test":60}})"
                                       : R"({"users":{"@alice:a.test":100,"@bob:b.test":60}})";
    Fixture fixture(*version,
                    {{"newer", "carol", kAlice, kPowerLevels, "", newer},
                     {"on newer", "newer", kAlice, "m.room.topic", "", R"({"topic":"1"})"},
                     {"on older", "carol", kAlice, "m.room.topic", "", R"({"topic":"2"})"}});
    const StateMap state = fixture.ResolveAfter({"on newer", "on older"});
    EXPECT_EQ(fixture.NameIn(state, kPowerLevels, ""), "newer") << version->id;
    EXPECT_EQ(fixture.NameIn(state, "m.room.topic", ""), "on newer") << version->id;
  }
}

// What a user did while in the room was undone under v2 by their later, undisputed leave. v2.1
// begins with an empty state, so that each event is judged by what it rested on.
TEST(StateResolution, Version12DoesNotJudgeOldEventsByLaterState) {
  for (const RoomVersion* version : VersionsFrom(2)) {
    Fixture fixture(*version,
                    {{"by alice", "carol", kAlice, "m.room.topic", "", R"({"topic":"1"})"},
                     {"by bob", "carol", kBob, "m.room.topic", "", R"({"topic":"2"})"},
                     {"gone", "by bob", kBob, kMember, kBob, kLeave}});
    StateMap one = fixture.After("by alice");
    const StateTuple bob{std::string(kMember), std::string(kBob)};
    one[bob] = fixture.IdOf("gone");
    const StateMap state = fixture.Resolve({one, fixture.After("gone")});
    EXPECT_EQ(fixture.NameIn(state, "m.room.topic", ""),
              version->state_resolution == StateResolution::kV2_1 ? "by bob" : "by alice");
  }
}

TEST(StateResolution, ARejectedAuthEventHelpsNobody) {
  Fixture fixture(GetRoomVersion("12"),
                  {{"by alice", "carol", kAlice, "m.room.topic", "", R"({"topic":"1"})"},
                   {"by bob", "carol", kBob, "m.room.topic", "", R"({"topic":"2"})"}});
  fixture.source().rejected.insert(fixture.IdOf("bob"));
  const StateMap state = fixture.ResolveAfter({"by alice", "by bob"});
  EXPECT_EQ(fixture.NameIn(state, "m.room.topic", ""), "by alice");
}

TEST(StateResolution, Version1FollowsDepthAndAuthorisation) {
  Fixture fixture(GetRoomVersion("1"),
                  {{"promote", "carol", kBob, kPowerLevels, "",
                    R"({"users":{"@alice:a.test":100,"@bob:b.test":50,"@carol:c.test":50}})"},
                   {"talk", "carol", kAlice, "m.room.name", "", R"({"name":"x"})"},
                   {"demote", "talk", kAlice, kPowerLevels, "",
                    R"({"users":{"@alice:a.test":100,"@bob:b.test":0}})"}});
  const StateMap state = fixture.ResolveAfter({"promote", "demote"});
  EXPECT_EQ(fixture.NameIn(state, kPowerLevels, ""), "demote");
}

TEST(StateResolution, Version1TakesTheDeepestTopicThatIsAllowed) {
  Fixture fixture(GetRoomVersion("1"),
                  {{"shallow", "carol", kAlice, "m.room.topic", "", R"({"topic":"1"})"},
                   {"talk", "carol", kAlice, "m.room.name", "", R"({"name":"x"})"},
                   {"deep", "talk", kBob, "m.room.topic", "", R"({"topic":"2"})"},
                   {"deepest", "deep", kCarol, "m.room.topic", "", R"({"topic":"3"})"}});
  const StateMap state = fixture.ResolveAfter({"shallow", "deep", "deepest"});
  EXPECT_EQ(fixture.NameIn(state, "m.room.topic", ""), "deep");
}

// A room that three people change at random, in forks.
class RandomRoom {
 public:
  RandomRoom(const RoomVersion& version, uint32_t seed)
      : random_(seed), room_(version, std::string(kAlice)), source_(room_), graph_(source_) {
    room_.Add(kAlice, kJoinRules, "", R"({"join_rule":"public"})");
    room_.Add(kAlice, kPowerLevels, "", R"({"users":{"@bob:b.test":50},"state_default":0})");
    room_.Member(kBob, "join");
    states_.push_back(room_.Snapshot());
    lasts_.push_back(room_.last());
    for (int i = 0; i < 40; ++i) Step();
  }

  std::vector<StateMap> PickStates(size_t count) {
    std::vector<StateMap> states;
    for (size_t i = 0; i < count; ++i) states.push_back(states_[Below(states_.size())]);
    return states;
  }

  StateMap Resolve(const std::vector<StateMap>& states) {
    std::vector<const StateMap*> pointers;
    for (const StateMap& state : states) pointers.push_back(&state);
    return ResolveState(room_.version(), pointers, graph_);
  }

 private:
  size_t Below(size_t limit) { return random_() % limit; }

  void Step() {
    static constexpr std::string_view kUsers[] = {kAlice, kBob, kCarol};
    static constexpr std::string_view kMemberships[] = {"join", "leave", "ban", "invite"};
    const size_t at = Below(states_.size());
    room_.GoBack(states_[at], lasts_[at]);
    const std::string_view sender = kUsers[Below(3)];
    PduPtr event;
    switch (Below(5)) {
      case 0: {
        const std::string_view target = kUsers[Below(3)];
        event = room_.Make(sender, kMember, std::string(target),
                           json::Serialize(json::Object{{"membership", kMemberships[Below(4)]}}));
        break;
      }
      case 1:
        event = room_.Make(sender, kJoinRules, "",
                           Below(2) ? R"({"join_rule":"invite"})" : R"({"join_rule":"public"})");
        break;
      case 2:
        event =
            room_.Make(sender, kPowerLevels, "",
                       json::Serialize(json::Object{
                           {"state_default", 0},
                           {"users", json::Object{{kBob.data(), static_cast<int>(Below(60))}}}}));
        break;
      default:
        event = room_.Make(sender, "m.room.topic", "", "{}");
    }
    if (!CheckAuthRules(*event, room_).allowed) return;
    room_.Add(event);
    states_.push_back(room_.Snapshot());
    lasts_.push_back(room_.last());
  }

  std::mt19937 random_;
  TestRoom room_;
  RoomSource source_;
  AuthGraph graph_;
  std::vector<StateMap> states_;
  std::vector<PduPtr> lasts_;
};

class RandomRooms : public ::testing::TestWithParam<RoomVersion> {
 protected:
  const RoomVersion& version() const { return GetRoomVersion(GetParam().id); }
};

INSTANTIATE_TEST_SUITE_P(StateResolution, RandomRooms, ::testing::ValuesIn(AllRoomVersions()),
                         [](const auto& info) { return "V" + std::string(info.param.id); });

TEST_P(RandomRooms, TheOrderOfStatesDoesNotMatter) {
  for (uint32_t seed = 0; seed < 8; ++seed) {
    RandomRoom room(version(), seed);
    std::vector<StateMap> states = room.PickStates(3);
    const StateMap resolved = room.Resolve(states);
    for (int i = 0; i < 2; ++i) {
      std::rotate(states.begin(), states.begin() + 1, states.end());
      EXPECT_EQ(room.Resolve(states), resolved) << "seed " << seed;
    }
    std::swap(states[0], states[1]);
    EXPECT_EQ(room.Resolve(states), resolved) << "seed " << seed;
  }
}

TEST_P(RandomRooms, AStateTwiceCountsOnce) {
  for (uint32_t seed = 0; seed < 8; ++seed) {
    RandomRoom room(version(), seed);
    const std::vector<StateMap> states = room.PickStates(2);
    const StateMap resolved = room.Resolve(states);
    EXPECT_EQ(room.Resolve({states[0], states[1], states[0]}), resolved) << "seed " << seed;
    EXPECT_EQ(room.Resolve({resolved, resolved}), resolved) << "seed " << seed;
  }
}

TEST_P(RandomRooms, AFreshGraphGivesTheSameAsAKeptOne) {
  for (uint32_t seed = 0; seed < 4; ++seed) {
    RandomRoom kept(version(), seed);
    const auto one = kept.PickStates(3), two = kept.PickStates(3);
    kept.Resolve(one);
    RandomRoom fresh(version(), seed);
    EXPECT_EQ(kept.Resolve(two), fresh.Resolve(two));
  }
}

// Events without bytes: only what the walks look at.
class LongChain : public EventSource {
 public:
  explicit LongChain(size_t length) {
    std::optional<EventId> before;
    for (size_t i = 0; i < length; ++i) {
      auto event = std::make_shared<Pdu>();
      event->version = &GetRoomVersion("11");
      event->event_id = EventId::Trusted("$" + std::to_string(i));
      event->type = i == 0 ? kCreate : kPowerLevels;
      event->state_key = "";
      event->sender = UserId::Trusted("@alice:a.test");
      event->origin_server_ts = static_cast<int64_t>(i);
      if (before) event->auth_events = {*before};
      before = event->event_id;
      events_[event->event_id] = event;
    }
  }

  PduPtr Find(const EventId& id) override {
    const auto it = events_.find(id);
    return it == events_.end() ? nullptr : it->second;
  }
  bool IsRejected(const EventId&) override { return false; }

 private:
  std::map<EventId, PduPtr> events_;
};

TEST(AuthGraph, WalksAChainOf50000Events) {
  LongChain source(50'000);
  AuthGraph graph(source);
  const EventId last = EventId::Trusted("$49999");
  EXPECT_EQ(AuthChain(graph, {&last, 1}).size(), 49'999u);
  const AuthGraph::Node ends[] = {graph.NodeOf(last), graph.NodeOf(EventId::Trusted("$0"))};
  EXPECT_EQ(graph.PathsBetween(ends).size(), 50'000u);
}

TEST(StateResolution, ResolvesAcrossAChainOf50000Events) {
  LongChain source(50'000);
  AuthGraph graph(source);
  const StateTuple levels{std::string(kPowerLevels), ""};
  const StateMap older = {{levels, EventId::Trusted("$10")}};
  const StateMap newer = {{levels, EventId::Trusted("$49999")}};
  for (const std::string_view version : {"11", "12"}) {
    ResolveState(GetRoomVersion(version), {&older, &newer}, graph);
  }
}

TEST(AuthGraph, ADifferenceIsWhatNotAllChainsHave) {
  LongChain source(10);
  AuthGraph graph(source);
  const auto node = [&graph](std::string_view id) {
    return graph.NodeOf(EventId::Trusted(std::string(id)));
  };
  const std::vector<std::vector<AuthGraph::Node>> sets = {{node("$5")}, {node("$8")}};
  std::vector<AuthGraph::Node> difference = graph.ChainDifference(sets, {});
  std::sort(difference.begin(), difference.end());
  std::vector<AuthGraph::Node> expected = {node("$5"), node("$6"), node("$7")};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(difference, expected);
  const AuthGraph::Node common[] = {node("$9")};
  EXPECT_TRUE(graph.ChainDifference(sets, common).empty());
}

}  // namespace
}  // namespace parley::event
