#include "services/events/graph/graph.h"

#include <gmock/gmock.h>

#include "services/events/graph/fork_reads.h"
#include "services/events/graph/sim_server.h"

namespace parley::events {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kJoin = R"({"membership":"join"})";

// Two servers, a and b, whose users are in one room.
class SharedRoom : public ::testing::TestWithParam<const char*> {
 protected:
  SharedRoom() : version_(event::GetRoomVersion(GetParam())), room_(a_.CreateRoom(GetParam())) {
    b_.Import(a_.Pdus(room_), version_);
    const auto join = b_.Send(room_, "m.room.member", b_.user(), kJoin);
    EXPECT_TRUE(join.ok()) << join.status();
    a_.Enter(room_, {(*join)->bytes}, version_);
  }

  // What `to` answers for each.
  std::string Deliver(SimServer& from, SimServer& to, const event::PduPtr& pdu) {
    const auto results = to.Receive(from.name(), room_, {pdu->bytes});
    const auto found = results.find(pdu->event_id.str());
    return found == results.end() ? "no answer" : found->second;
  }
  event::PduPtr Topic(SimServer& server, const std::string& topic) {
    const auto sent = server.Send(room_, "m.room.topic", "", "{\"topic\":\"" + topic + "\"}");
    EXPECT_TRUE(sent.ok()) << sent.status();
    return *sent;
  }
  event::PduPtr Say(SimServer& server, const std::string& text) {
    const auto sent = server.Say(room_, text);
    EXPECT_TRUE(sent.ok()) << sent.status();
    return *sent;
  }
  void ExpectSameState() { EXPECT_EQ(a_.State(room_), b_.State(room_)); }

  // An event of b's user that b itself does not know.
  event::PduPtr Forge(std::vector<EventId> prevs, std::vector<EventId> auth, std::string type,
                      std::optional<std::string> key, std::string_view content,
                      int64_t depth = 50) {
    event::EventFields fields;
    fields.room_id = RoomId::Trusted(room_);
    fields.sender = UserId::Trusted(b_.user());
    fields.type = std::move(type);
    fields.state_key = std::move(key);
    fields.content = *json::ParseObject(content);
    fields.origin_server_ts = world_.clock.NowMs();
    fields.depth = depth;
    fields.prev_events.assign(prevs.begin(), prevs.end());
    fields.auth_events.assign(auth.begin(), auth.end());
    const auto built = event::EventBuilder(version_, b_.name(), b_.key()).Build(std::move(fields));
    EXPECT_TRUE(built.ok()) << built.status();
    return built->pdu();
  }
  std::vector<EventId> AuthOfB() {
    std::vector<EventId> auth;
    for (const auto& [key, id] : a_.State(room_)) {
      const bool create = key.starts_with("m.room.create ") && version_.create_in_auth_events;
      if (create || key.starts_with("m.room.power_levels ") ||
          key == "m.room.member " + b_.user()) {
        auth.push_back(EventId::Trusted(id));
      }
    }
    return auth;
  }

  const event::RoomVersion& version_;
  SimWorld world_;
  SimServer a_{world_, "a.test"};
  SimServer b_{world_, "b.test"};
  const std::string room_;
};

TEST_P(SharedRoom, AnEventOnTheLineIsInTheTimelineOfBoth) {
  const event::PduPtr said = Say(b_, "hello");
  EXPECT_EQ(Deliver(b_, a_, said), "");
  EXPECT_EQ(a_.Timeline(room_).back().event_id, said->event_id.str());
  EXPECT_EQ(a_.Timeline(room_).back().flags, 0u);
  EXPECT_THAT(a_.Extremities(room_), ElementsAre(said->event_id));
  EXPECT_EQ(Deliver(b_, a_, said), "") << "what is known is accepted";
  EXPECT_EQ(a_.Pdus(room_), b_.Pdus(room_));
  ExpectSameState();
}

TEST_P(SharedRoom, TwoMessagesAtOnceAreBothExtremitiesAndTheNextEventStandsOnThem) {
  const event::PduPtr one = Say(a_, "one");
  const event::PduPtr two = Say(b_, "two");
  EXPECT_EQ(Deliver(b_, a_, two), "");
  EXPECT_THAT(a_.Extremities(room_), UnorderedElementsAre(one->event_id, two->event_id));
  a_.Restart();
  EXPECT_THAT(a_.Extremities(room_), UnorderedElementsAre(one->event_id, two->event_id));
  const event::PduPtr three = Say(a_, "three");
  EXPECT_THAT(three->prev_events, UnorderedElementsAre(one->event_id, two->event_id));
  EXPECT_THAT(a_.Extremities(room_), ElementsAre(three->event_id));
  a_.Restart();
  EXPECT_THAT(a_.Extremities(room_), ElementsAre(three->event_id));
}

TEST_P(SharedRoom, TopicsSetAtOnceEndAsOneOnBoth) {
  const event::PduPtr one = Topic(a_, "one");
  const event::PduPtr two = Topic(b_, "two");
  EXPECT_EQ(Deliver(b_, a_, two), "");
  EXPECT_EQ(Deliver(a_, b_, one), "");
  ExpectSameState();
  const event::PduPtr merge = Say(a_, "merge");
  EXPECT_EQ(Deliver(a_, b_, merge), "");
  EXPECT_THAT(b_.Extremities(room_), ElementsAre(merge->event_id));
  ExpectSameState();
}

TEST_P(SharedRoom, AForkThatGoesOnHasItsOwnState) {
  const event::PduPtr topic = Topic(a_, "of a");
  std::vector<event::PduPtr> fork = {Say(b_, "1"), Topic(b_, "of b"), Say(b_, "2"),
                                     Topic(b_, "of b again"), Say(b_, "3")};
  for (const event::PduPtr& event : fork) EXPECT_EQ(Deliver(b_, a_, event), "");
  EXPECT_EQ(Deliver(a_, b_, topic), "");
  ExpectSameState();
  const Partition p = PartitionOf(room_, 4);
  EXPECT_TRUE(a_.store()
                  .Read([&](store::Reader& db) -> absl::Status {
                    const auto last = FindEvent(db, p, fork[4]->event_id.str());
                    const auto before = EntryBefore(db, p, **last, "m.room.topic", "");
                    const auto entry = ReadEvent(db, p, *before);
                    EXPECT_EQ((*entry)->event_id, fork[3]->event_id.str());
                    const auto first = FindEvent(db, p, fork[1]->event_id.str());
                    EXPECT_EQ(*EntryBefore(db, p, **first, "m.room.topic", ""), 0);
                    const auto all = PositionsBefore(db, p, **last);
                    EXPECT_THAT(*all, Contains((*entry)->pos));
                    EXPECT_THAT(*all, SizeIs(a_.State(room_).size()));
                    return absl::OkStatus();
                  })
                  .ok());
}

TEST_P(SharedRoom, EventsInTheWrongOrderFindTheirPlaces) {
  std::vector<std::string> pdus;
  for (int i = 0; i < 5; ++i) pdus.insert(pdus.begin(), Say(b_, std::to_string(i))->bytes);
  for (const auto& [id, error] : a_.Receive(b_.name(), room_, pdus)) EXPECT_EQ(error, "") << id;
  EXPECT_EQ(a_.Pdus(room_), b_.Pdus(room_));
}

TEST_P(SharedRoom, WhatWasLostIsFetchedBeforeTheEventEnters) {
  for (int i = 0; i < 30; ++i) Say(b_, std::to_string(i));
  const event::PduPtr last = Topic(b_, "after all");
  EXPECT_EQ(Deliver(b_, a_, last), "");
  EXPECT_FALSE(a_.Stored(room_, last->event_id.str()).has_value());
  a_.Restart();
  a_.graph().FetchAll({});
  EXPECT_EQ(a_.Pdus(room_), b_.Pdus(room_));
  ExpectSameState();
  EXPECT_THAT(a_.net().asked, Not(Contains(HasSubstr("state"))));
}

TEST_P(SharedRoom, BehindAGapNobodyFillsTheStateIsTakenFromWhoTellsIt) {
  const event::PduPtr topic = Topic(b_, "in the gap");
  for (int i = 0; i < 5; ++i) Say(b_, std::to_string(i));
  const event::PduPtr last = Say(b_, "last");
  a_.net().refused = "get_missing_events";
  EXPECT_EQ(Deliver(b_, a_, last), "");
  a_.graph().FetchAll({});
  const auto row = a_.Stored(room_, last->event_id.str());
  ASSERT_TRUE(row.has_value());
  EXPECT_NE(row->flags & kAfterGap, 0u);
  EXPECT_EQ(a_.State(room_)["m.room.topic "], topic->event_id.str());
  EXPECT_THAT(a_.net().asked, Contains(HasSubstr("state_ids")));

  const auto added = a_.graph().Backfill({}, room_, last->event_id);
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_EQ(*added, 6u);
  EXPECT_EQ(a_.Pdus(room_), b_.Pdus(room_));
  EXPECT_EQ(a_.Stored(room_, last->event_id.str())->flags & kAfterGap, 0u);
}

TEST_P(SharedRoom, AnEventWhosePastItsServerDoesNotTellIsDropped) {
  const event::PduPtr forged = Forge({EventId::Trusted("$nowhere:b.test")}, AuthOfB(),
                                     "m.room.message", std::nullopt, "{}");
  EXPECT_EQ(Deliver(b_, a_, forged), "");
  a_.graph().FetchAll({});
  EXPECT_THAT(a_.net().asked, Contains(HasSubstr("get_missing_events")));
  EXPECT_THAT(a_.net().asked, Not(Contains(HasSubstr("state"))));
  a_.net().asked.clear();
  a_.graph().FetchAll({});
  EXPECT_THAT(a_.net().asked, IsEmpty()) << "it does not wait any more";
  EXPECT_FALSE(a_.Stored(room_, forged->event_id.str()).has_value());
}

TEST_P(SharedRoom, WhoIsNotReachedIsAskedLater) {
  Say(b_, "lost");
  const event::PduPtr next = Say(b_, "next");
  EXPECT_EQ(Deliver(b_, a_, next), "");
  b_.reachable = false;
  a_.graph().FetchAll({});
  EXPECT_FALSE(a_.Stored(room_, next->event_id.str()).has_value());
  b_.reachable = true;
  a_.graph().FetchAll({});
  EXPECT_EQ(a_.Pdus(room_), b_.Pdus(room_));
}

TEST_P(SharedRoom, WhatTheRulesForbidIsKeptButShownToNobody) {
  const event::PduPtr forged = Forge(a_.Extremities(room_), AuthOfB(), "m.room.power_levels", "",
                                     R"({"users":{"@u:b.test":100}})");
  const auto before = a_.State(room_);
  EXPECT_EQ(Deliver(b_, a_, forged), "");
  EXPECT_EQ(a_.Stored(room_, forged->event_id.str())->flags & kHidden, kRejected);
  EXPECT_EQ(a_.State(room_), before);
  const event::PduPtr on_it =
      Forge({forged->event_id}, AuthOfB(), "m.room.message", std::nullopt, "{}");
  EXPECT_EQ(Deliver(b_, a_, on_it), "");
  EXPECT_EQ(a_.Timeline(room_).back().event_id, on_it->event_id.str());
  EXPECT_THAT(a_.Extremities(room_), ElementsAre(on_it->event_id));
  EXPECT_EQ(a_.State(room_), before);
}

TEST_P(SharedRoom, WhoIsBannedCannotGoOnFromBeforeTheBan) {
  const std::vector<EventId> old = a_.Extremities(room_);
  const std::vector<EventId> auth = AuthOfB();
  ASSERT_TRUE(a_.Send(room_, "m.room.member", b_.user(), R"({"membership":"ban"})").ok());
  const auto before = a_.State(room_);
  const event::PduPtr late = Forge(old, auth, "m.room.topic", "", R"({"topic":"mine"})");
  EXPECT_EQ(Deliver(b_, a_, late), "");
  EXPECT_EQ(a_.Stored(room_, late->event_id.str())->flags & kHidden, kSoftFailed);
  EXPECT_EQ(a_.State(room_), before);
  EXPECT_THAT(a_.Extremities(room_), Not(Contains(late->event_id)));
}

TEST_P(SharedRoom, ARedactionThatComesFirstIsDoneWhenItsTargetComes) {
  const event::PduPtr said = Say(b_, "secret");
  const auto redaction =
      b_.Send(room_, "m.room.redaction", std::nullopt,
              version_.redacts_in_content ? "{\"redacts\":\"" + said->event_id.str() + "\"}" : "{}",
              said->event_id);
  ASSERT_TRUE(redaction.ok()) << redaction.status();
  const event::PduPtr forged =
      Forge(a_.Extremities(room_), AuthOfB(), "m.room.message", std::nullopt, R"({"body":"x"})");
  const event::PduPtr early = [&] {
    event::EventFields fields;
    fields.room_id = RoomId::Trusted(room_);
    fields.sender = UserId::Trusted(b_.user());
    fields.type = "m.room.redaction";
    fields.origin_server_ts = world_.clock.NowMs();
    fields.depth = 50;
    for (const EventId& id : a_.Extremities(room_)) fields.prev_events.push_back(id);
    for (const EventId& id : AuthOfB()) fields.auth_events.push_back(id);
    fields.redacts = forged->event_id;
    return event::EventBuilder(version_, b_.name(), b_.key()).Build(std::move(fields))->pdu();
  }();
  EXPECT_EQ(Deliver(b_, a_, early), "");
  EXPECT_EQ(Deliver(b_, a_, forged), "");
  const auto row = a_.Stored(room_, forged->event_id.str());
  ASSERT_TRUE(row.has_value());
  EXPECT_THAT(row->pdu, Not(HasSubstr("body")));
  EXPECT_NE(row->flags & kRedacted, 0u);
  EXPECT_NE(row->redacted_by, 0);
}

TEST_P(SharedRoom, OneBadEventFailsAlone) {
  const event::PduPtr good = Say(b_, "good");
  std::string unsigned_pdu = Say(b_, "other")->bytes;
  const size_t at = unsigned_pdu.find("b.test\":{\"ed25519");
  ASSERT_NE(at, std::string::npos);
  unsigned_pdu.replace(at, 1, "x");
  const auto results = a_.Receive(b_.name(), room_, {"{}", unsigned_pdu, good->bytes});
  EXPECT_EQ(results.at(good->event_id.str()), "");
  EXPECT_EQ(a_.Timeline(room_).back().event_id, good->event_id.str());
}

TEST_P(SharedRoom, OtherServersReadStateAndHistory) {
  Topic(a_, "one");
  const event::PduPtr last = Say(a_, "last");
  v1::GetFederationStateRequest state;
  state.set_origin(b_.name());
  state.set_room_id(room_);
  state.set_event_id(last->event_id.str());
  const auto answer = a_.federation().GetFederationState({}, state);
  ASSERT_TRUE(answer.ok()) << answer.status();
  const auto json = json::ParseObject(answer->json());
  EXPECT_THAT(*json::FindArray(*json, "pdus"), SizeIs(a_.State(room_).size()));
  v1::BackfillRequest backfill;
  backfill.set_origin(b_.name());
  backfill.set_room_id(room_);
  backfill.add_from(last->event_id.str());
  backfill.set_limit(3);
  const auto history = json::ParseObject(a_.federation().Backfill({}, backfill)->json());
  EXPECT_THAT(*json::FindArray(*history, "pdus"), SizeIs(3));
  backfill.set_origin("c.test");
  EXPECT_EQ(Outcome(a_.federation().Backfill({}, backfill).status()), "403 M_FORBIDDEN");
}

TEST_P(SharedRoom, WhoWasNotInTheRoomGetsOnlyTheOutlineOfItsHistory) {
  ASSERT_TRUE(
      a_.Send(room_, "m.room.history_visibility", "", R"({"history_visibility":"joined"})").ok());
  ASSERT_TRUE(a_.Send(room_, "m.room.member", b_.user(), R"({"membership":"leave"})").ok());
  const event::PduPtr secret = Say(a_, "secret");
  const event::PduPtr rejoin = Forge(
      a_.Extremities(room_),
      [&] {
        std::vector<EventId> auth = AuthOfB();
        auth.push_back(EventId::Trusted(a_.State(room_)["m.room.join_rules "]));
        return auth;
      }(),
      "m.room.member", b_.user(), kJoin);
  EXPECT_EQ(Deliver(b_, a_, rejoin), "");
  v1::GetPduRequest request;
  request.set_origin(b_.name());
  request.set_event_id(secret->event_id.str());
  const auto answer = a_.federation().GetPdu({}, request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->json(), HasSubstr("m.room.message"));
  EXPECT_THAT(answer->json(), Not(HasSubstr("secret")));
}

INSTANTIATE_TEST_SUITE_P(RoomVersions, SharedRoom, ::testing::Values("1", "6", "10", "11", "12"),
                         [](const auto& info) { return std::string("V") + info.param; });

}  // namespace
}  // namespace parley::events
