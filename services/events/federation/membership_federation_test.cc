#include <functional>

#include <gmock/gmock.h>

#include "common/event/event_builder.h"
#include "services/events/federation/judge_join.h"
#include "services/events/federation/test_network.h"
#include "services/events/wakes.h"

// Joining, inviting, knocking and leaving between servers.
namespace parley::events {

TestServer& TestNetwork::Add(const std::string& name) {
  return *(servers_[name] = std::make_unique<TestServer>(*this, name));
}

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

federation::RequestResponse AnswerOf(int status, std::string body) {
  federation::RequestResponse answer;
  answer.set_status(status);
  answer.set_body(std::move(body));
  return answer;
}

template <class Response>
federation::RequestResponse AnswerOf(absl::StatusOr<Response> response) {
  if (response.ok()) return AnswerOf(200, std::move(*response->mutable_json()));
  const MatrixError error = FromStatus(response.status());
  std::string body;
  json::Writer writer(body);
  writer.BeginObject().Key("errcode").String(error.errcode).Key("error").String(error.message);
  writer.RawMembers(error.extra_json).EndObject();
  return AnswerOf(error.http_status, std::move(body));
}

// A path of /_matrix/federation, as the gateway takes it apart.
struct CalledPath {
  std::vector<std::string> parts;  // "v1", "make_join", room, user
  std::map<std::string, std::vector<std::string>> query;
};

CalledPath PathCalled(const std::string& path) {
  const std::vector<std::string> halves = absl::StrSplit(path, absl::MaxSplits('?', 1));
  CalledPath target;
  target.parts = *http::SplitPath(halves[0]);
  target.parts.erase(target.parts.begin(), target.parts.begin() + 2);
  if (halves.size() == 1) return target;
  const http::Query query = *http::ParseQuery(halves[1], 100);
  for (const auto& [key, value] : query) target.query[key].push_back(value);
  return target;
}

federation::RequestResponse Make(TestServer& server, const std::string& origin,
                                 const CalledPath& target) {
  v1::MakeMembershipRequest request;
  request.set_origin(origin);
  request.set_room_id(target.parts[2]);
  request.set_user_id(target.parts[3]);
  request.set_membership(target.parts[1].substr(5));
  const auto versions = target.query.find("ver");
  if (versions != target.query.end()) {
    for (const std::string& version : versions->second) request.add_versions(version);
  }
  return AnswerOf(server.federation().MakeMembership({}, request));
}

federation::RequestResponse Send(TestServer& server, const std::string& origin,
                                 const CalledPath& target, const std::string& body) {
  v1::SendMembershipRequest request;
  request.set_origin(origin);
  request.set_room_id(target.parts[2]);
  request.set_event_id(target.parts[3]);
  request.set_membership(target.parts[1].substr(5));
  request.set_event(body);
  return AnswerOf(server.federation().SendMembership({}, request));
}

federation::RequestResponse Invited(TestServer& server, const std::string& origin,
                                    const CalledPath& target, const std::string& body) {
  const json::Object content = *json::ParseObject(body);
  v1::ReceiveInviteRequest request;
  request.set_origin(origin);
  request.set_room_id(target.parts[2]);
  request.set_event_id(target.parts[3]);
  request.set_room_version(std::string(json::StringOr(content, "room_version", "")));
  request.set_event(json::Serialize(*content.Find("event")));
  for (const json::Value& event : *json::FindArray(content, "invite_room_state")) {
    request.add_invite_room_state(json::Serialize(event));
  }
  auto response = server.federation().ReceiveInvite({}, request);
  if (!response.ok()) return AnswerOf<v1::FederationJson>(response.status());
  return AnswerOf(200, StrCat("{\"event\":", response->event(), "}"));
}

federation::RequestResponse Directory(TestServer& server, const CalledPath& target) {
  v1::ResolveAliasRequest request;
  request.set_alias(target.query.at("room_alias").front());
  const auto found = server->ResolveAlias({}, request);
  if (!found.ok()) return AnswerOf<v1::FederationJson>(found.status());
  json::Array servers;
  for (const std::string& name : found->servers()) servers.push_back(name);
  return AnswerOf(200, json::Serialize(json::Object{{"room_id", found->room_id()},
                                                    {"servers", std::move(servers)}}));
}

}  // namespace

absl::StatusOr<federation::RequestResponse> NetworkFederation::Request(
    const rpc::Call&, const federation::RequestRequest& request) {
  const CalledPath target = PathCalled(request.path());
  {
    absl::MutexLock lock(&mutex_);
    requests_.push_back(StrCat(request.method(), " ", request.destination(), " ", target.parts[1]));
  }
  TestServer* server = network_.Find(request.destination());
  if (server == nullptr) return absl::UnavailableError("no route");
  const std::string& endpoint = target.parts[1];
  if (absl::StartsWith(endpoint, "make_")) return Make(*server, own_, target);
  if (absl::StartsWith(endpoint, "send_")) {
    federation::RequestResponse answer = Send(*server, own_, target, request.body());
    if (const auto action = std::exchange(after_send_join_, nullptr)) action();
    return answer;
  }
  if (endpoint == "invite") return Invited(*server, own_, target, request.body());
  if (endpoint == "query") return Directory(*server, target);
  return AnswerOf(404, R"({"errcode":"M_UNRECOGNIZED","error":"?"})");
}

absl::StatusOr<federation::GetServerKeysResponse> NetworkFederation::GetServerKeys(
    const rpc::Call&, const federation::GetServerKeysRequest& request) {
  federation::GetServerKeysResponse response;
  for (const federation::KeyRef& ref : request.keys()) {
    TestServer* server = network_.Find(ref.server_name());
    if (server == nullptr || server->key().id() != ref.key_id()) continue;
    federation::ServerKey& key = *response.add_keys();
    key.set_server_name(ref.server_name());
    key.set_key_id(ref.key_id());
    key.set_public_key(server->key().public_key());
    key.set_valid_until_ms(network_.clock().NowMs() + 86'400'000);
  }
  return response;
}

namespace {

std::string RoomOf(const std::string& version, const std::string& more = "") {
  return StrCat(R"({"preset":"public_chat","name":"N","room_version":")", version, "\"", more, "}");
}

TEST(Federation, JoinsARoomOfAnotherServerInEveryVersion) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  for (const event::RoomVersion& version : event::AllRoomVersions()) {
    SCOPED_TRACE(version.id);
    const std::string room = one.Create("alice", RoomOf(std::string(version.id)));
    two.accounts().TakeTold();
    ASSERT_EQ(Outcome(two.Join("bob", room, {"one"})), "200");
    EXPECT_THAT(two.accounts().TakeTold(), ElementsAre("@bob:two join"));
    EXPECT_EQ(one.MembershipOf("alice", room, "@bob:two"), "join");
    EXPECT_EQ(two.MembershipOf("bob", room, "@alice:one"), "join");
    EXPECT_EQ(two.State("bob", room, "m.room.name"), R"({"name":"N"})");
    EXPECT_EQ(Outcome(two.Say("bob", room, "hello")), "200");
    EXPECT_EQ(Outcome(two.Join("carol", room)), "200") << "now the room is here";
  }
}

TEST(Federation, ShowsTheJoinedRoomInSyncWithItsState) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create("alice", RoomOf("12"));
  ASSERT_EQ(Outcome(two.Join("bob", room, {"one"})), "200");
  const v1::RoomUpdate update = two.Sync("bob", room, "join");
  ASSERT_EQ(update.timeline_size(), 1);
  EXPECT_THAT(update.timeline(0), HasSubstr("@bob:two"));
  EXPECT_TRUE(update.limited()) << "what was before is to be fetched";
  std::string state;
  for (const std::string& event : update.state()) state += event;
  EXPECT_THAT(state, HasSubstr("m.room.create"));
  EXPECT_THAT(state, HasSubstr("@alice:one"));
  EXPECT_THAT(state, Not(HasSubstr("@bob:two")));
  EXPECT_EQ(update.joined_member_count(), 2u);
}

TEST(Federation, WhatComesWhileTheRoomIsOnItsWayIsHeld) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create("alice", RoomOf("12"));
  two.requests().AfterSendJoin([&] {
    ASSERT_EQ(Outcome(one.SetState("alice", room, "m.room.topic", R"({"topic":"early"})")), "200");
    v1::ReceivePdusRequest request;
    request.set_origin("one");
    request.set_room_id(room);
    request.add_pdus(one.OutboundPdu("two"));
    EXPECT_EQ(Outcome(two.federation().ReceivePdus({}, request).status()), "200");
  });
  ASSERT_EQ(Outcome(two.Join("bob", room, {"one"})), "200");
  EXPECT_EQ(two.State("bob", room, "m.room.topic"), R"({"topic":"early"})");
}

TEST(Federation, JoinsThroughTheFirstCandidateThatAnswers) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  network.Add("dead");
  network.SetDown("dead");
  const std::string room = one.Create("alice", RoomOf("12"));
  EXPECT_EQ(Outcome(two.Join("bob", room)), "404 M_NOT_FOUND") << "nobody is known";
  EXPECT_EQ(Outcome(two.Join("bob", room, {"dead"})), "502 M_UNKNOWN");
  EXPECT_EQ(Outcome(two.Join("bob", room, {"dead", "one"})), "200");
  const std::string closed = one.Create("alice", R"({"room_version":"12"})");
  EXPECT_EQ(Outcome(two.Join("bob", closed, {"one", "dead"})), "403 M_FORBIDDEN");
}

TEST(Federation, KeepsOutServersThatTheRoomDoesNotAdmit) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create("alice", RoomOf("11"));
  ASSERT_EQ(Outcome(one.SetState("alice", room, "m.room.server_acl",
                                 R"({"allow":["*"],"deny":["two"]})")),
            "200");
  EXPECT_EQ(Outcome(two.Join("bob", room, {"one"})), "403 M_FORBIDDEN");
}

TEST(Federation, InvitesAUserOfAnotherServer) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  for (const std::string version : {"1", "6", "10", "12"}) {
    SCOPED_TRACE(version);
    const std::string room =
        one.Create("alice", StrCat(R"({"name":"N","room_version":")", version, "\"}"));
    two.accounts().TakeTold();
    one.accounts().TakeTold();
    ASSERT_EQ(Outcome(one.Invite("alice", room, "@bob:two")), "200");
    EXPECT_THAT(two.accounts().TakeTold(), ElementsAre("@bob:two invite"));
    EXPECT_THAT(one.accounts().TakeTold(), IsEmpty()) << "the user is not one of ours";
    EXPECT_EQ(one.MembershipOf("alice", room, "@bob:two"), "invite");
    const v1::RoomUpdate update = two.Sync("bob", room, "invite");
    std::string shown;
    for (const std::string& event : update.stripped_state()) shown += event;
    EXPECT_EQ(update.membership(), "invite");
    EXPECT_THAT(shown, HasSubstr("m.room.create"));
    EXPECT_THAT(shown, HasSubstr(R"({"name":"N"})"));
    EXPECT_THAT(shown, HasSubstr(R"("state_key":"@bob:two")"));
    EXPECT_EQ(Outcome(two.Join("bob", room)), "200") << "through the one who invited";
    EXPECT_EQ(two.Sync("bob", room, "join").timeline_size(), 1);
  }
}

TEST(Federation, TurnsAnInviteDown) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create("alice", R"({"room_version":"12"})");
  ASSERT_EQ(Outcome(one.Invite("alice", room, "@bob:two")), "200");
  two.accounts().TakeTold();
  ASSERT_EQ(Outcome(two.Leave("bob", room)), "200");
  EXPECT_THAT(two.accounts().TakeTold(), ElementsAre("@bob:two leave"));
  EXPECT_EQ(one.MembershipOf("alice", room, "@bob:two"), "leave");
  EXPECT_EQ(two.Sync("bob", room, "leave").timeline_size(), 1);
  EXPECT_EQ(Outcome(two.Join("bob", room, {"one"})), "403 M_FORBIDDEN");
}

TEST(Federation, IsRidOfAnInviteWhoseServerIsGone) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create("alice", R"({"room_version":"10"})");
  ASSERT_EQ(Outcome(one.Invite("alice", room, "@bob:two")), "200");
  network.SetDown("one");
  two.accounts().TakeTold();
  EXPECT_EQ(Outcome(two.Leave("bob", room)), "200");
  EXPECT_THAT(two.accounts().TakeTold(), ElementsAre("@bob:two leave"));
  EXPECT_EQ(two.Sync("bob", room, "leave").timeline_size(), 1);
}

TEST(Federation, KnocksAndIsLetIn) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create(
      "alice",
      R"({"room_version":"12","name":"N","initial_state":[{"type":"m.room.join_rules","content":{"join_rule":"knock"}}]})");
  ASSERT_EQ(Outcome(two.Change("bob", room, v1::MEMBERSHIP_ACTION_KNOCK, "", {"one"})), "200");
  EXPECT_EQ(one.MembershipOf("alice", room, "@bob:two"), "knock");
  const v1::RoomUpdate update = two.Sync("bob", room, "knock");
  EXPECT_EQ(update.membership(), "knock");
  EXPECT_GT(update.stripped_state_size(), 3);
  ASSERT_EQ(Outcome(one.Invite("alice", room, "@bob:two")), "200");
  EXPECT_EQ(Outcome(two.Join("bob", room)), "200");
}

TEST(Federation, TellsAServerThatAKnockOfItsUserIsRefused) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create(
      "alice",
      R"({"room_version":"10","initial_state":[{"type":"m.room.join_rules","content":{"join_rule":"knock"}}]})");
  ASSERT_EQ(Outcome(two.Change("bob", room, v1::MEMBERSHIP_ACTION_KNOCK, "", {"one"})), "200");
  EXPECT_THAT(one.Outbound(), IsEmpty());
  ASSERT_EQ(Outcome(one.Change("alice", room, v1::MEMBERSHIP_ACTION_KICK, "@bob:two")), "200");
  EXPECT_THAT(one.Outbound(), ElementsAre("m.room.member two"));
}

TEST(Federation, GivesLaterServersOnlyTheOutlineOfWhatErasedUsersHaveSaid) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  TestServer& three = network.Add("three");
  const std::string room = one.Create("alice", R"({"room_version":"11","preset":"public_chat"})");
  ASSERT_EQ(Outcome(two.Join("bob", room, {"one"})), "200");
  v1::SendRequest said;
  *said.mutable_requester() = one.As("alice");
  said.set_room_id(room);
  said.set_type("m.room.message");
  said.set_content(R"({"msgtype":"m.text","body":"forget me"})");
  const auto sent = one->Send({}, said);
  ASSERT_TRUE(sent.ok()) << sent.status();
  v1::EraseUserRequest erase;
  erase.set_user_id(one.Id("alice"));
  ASSERT_TRUE(one->EraseUser({}, erase).ok());
  ASSERT_EQ(Outcome(three.Join("carol", room, {"one"})), "200");
  const auto given_to = [&](const std::string& server) {
    v1::GetPduRequest request;
    request.set_origin(server);
    request.set_event_id(sent->event_id());
    const auto answer = one.federation().GetPdu({}, request);
    return answer.ok() ? answer->json() : Outcome(answer.status());
  };
  EXPECT_THAT(given_to("two"), HasSubstr("forget me"));
  EXPECT_THAT(given_to("three"), HasSubstr("m.room.message"));
  EXPECT_THAT(given_to("three"), Not(HasSubstr("forget me")));
}

TEST(Federation, LeavesItToTheInviterToTakeAnInviteBack) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create(
      "alice", R"({"room_version":"11","preset":"public_chat","power_level_content_override":{"invite":0}})");
  ASSERT_EQ(Outcome(one.Join("carol", room)), "200");
  ASSERT_EQ(Outcome(one.Invite("carol", room, "@bob:two")), "200");
  ASSERT_EQ(Outcome(one.Change("alice", room, v1::MEMBERSHIP_ACTION_KICK, "@bob:two")), "200");
  v1::ReceivePdusRequest request;
  request.set_origin("one");
  request.set_room_id(room);
  *request.add_pdus() = one.OutboundPdu("two");
  EXPECT_EQ(Outcome(two.federation().ReceivePdus({}, request).status()), "404 M_NOT_FOUND")
      << "nobody shows two that alice may do so";
  EXPECT_EQ(two.Sync("bob", room, "invite").membership(), "invite");
}

TEST(Federation, AsksOnlyTheServersThatTheUserHasNamed) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create("alice", R"({"room_version":"11","preset":"public_chat"})");
  network.Add("three");
  two.requests().TakeRequests();
  EXPECT_NE(Outcome(two.Join("bob", room, {"three"})), "200");
  for (const std::string& request : two.requests().TakeRequests()) {
    EXPECT_THAT(request, Not(HasSubstr(" one "))) << "a room's id is no address";
  }
  EXPECT_EQ(Outcome(two.Join("bob", room, {"three", "one"})), "200");
}

TEST(Federation, TakesAnInviteBackThatItsServerHasEnded) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create("alice", R"({"room_version":"11"})");
  ASSERT_EQ(Outcome(one.Invite("alice", room, "@bob:two")), "200");
  ASSERT_EQ(Outcome(one.Change("alice", room, v1::MEMBERSHIP_ACTION_KICK, "@bob:two")), "200");
  v1::ReceivePdusRequest request;
  request.set_room_id(room);
  *request.add_pdus() = one.OutboundPdu("two");
  request.set_origin("three");
  EXPECT_EQ(Outcome(two.federation().ReceivePdus({}, request).status()), "404 M_NOT_FOUND");
  two.accounts().TakeTold();
  request.set_origin("one");
  EXPECT_EQ(Outcome(two.federation().ReceivePdus({}, request).status()), "200");
  EXPECT_THAT(two.accounts().TakeTold(), ElementsAre("@bob:two leave"));
}

TEST(Federation, LetsMembersOfAnotherRoomIntoARestrictedOne) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  for (const std::string version : {"8", "10", "12"}) {
    SCOPED_TRACE(version);
    const std::string club = one.Create("alice", RoomOf(version));
    const json::Object rule{
        {"join_rule", "restricted"},
        {"allow", json::Array{json::Object{{"type", "m.room_membership"}, {"room_id", club}}}}};
    const std::string room =
        one.Create("alice", StrCat(R"({"room_version":")", version,
                                   R"(","initial_state":[{"type":"m.room.join_rules","content":)",
                                   json::Serialize(rule), "}]}"));
    EXPECT_EQ(Outcome(two.Join("bob", room, {"one"})), "403 M_FORBIDDEN");
    ASSERT_EQ(Outcome(two.Join("bob", club, {"one"})), "200");
    ASSERT_EQ(Outcome(two.Join("bob", room, {"one"})), "200");
    EXPECT_THAT(two.State("bob", room, "m.room.member", "@bob:two"),
                HasSubstr(R"("join_authorised_via_users_server":"@alice:one")"));
  }
}

TEST(Federation, SendsItsEventsToTheServersThatWereInTheRoom) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  TestServer& three = network.Add("three");
  const std::string room = one.Create("alice", RoomOf("12"));
  ASSERT_EQ(Outcome(one.Say("alice", room, "alone")), "200");
  EXPECT_THAT(one.Outbound(), IsEmpty());
  ASSERT_EQ(Outcome(two.Join("bob", room, {"one"})), "200");
  EXPECT_THAT(one.Outbound(), IsEmpty()) << "a join goes to all but its sender";
  EXPECT_THAT(two.Outbound(), IsEmpty()) << "and is sent by whom it was given to";
  ASSERT_EQ(Outcome(three.Join("carol", room, {"one"})), "200");
  ASSERT_EQ(Outcome(one.Say("alice", room, "all")), "200");
  ASSERT_EQ(Outcome(two.Say("bob", room, "to one")), "200");
  ASSERT_EQ(Outcome(one.Change("alice", room, v1::MEMBERSHIP_ACTION_KICK, "@carol:three")), "200");
  ASSERT_EQ(Outcome(one.Say("alice", room, "without three")), "200");
  EXPECT_THAT(one.Outbound(), ElementsAre("m.room.member two", "m.room.message two",
                                          "m.room.member three two", "m.room.message two"))
      << "who is gone gets nothing of before, but hears that they are gone";
  EXPECT_THAT(two.Outbound(), ElementsAre("m.room.message one"));
}

TEST(Federation, NamesTheServersOfARoom) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create("alice", RoomOf("9"));
  ASSERT_EQ(Outcome(two.Join("bob", room, {"one"})), "200");
  v1::ListRoomServersRequest request;
  request.add_room_ids(room);
  request.add_room_ids("!none:one");
  for (TestServer* server : {&one, &two}) {
    const auto response = server->federation().ListRoomServers({}, request);
    ASSERT_TRUE(response.ok());
    EXPECT_THAT(response->servers(), ElementsAre("one", "two"));
  }
}

TEST(Federation, WakesThoseWhoIntroduceUsersToServers) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  std::vector<std::string> one_woke, two_woke;
  const auto follow = [](TestServer& server, std::vector<std::string>& woke) {
    std::vector<bus::Topic> topics = bus::AllTopics(kRoomServers, 16);
    for (bus::Topic& topic : bus::AllTopics(kSharedJoins, 16)) topics.push_back(std::move(topic));
    return server.bus().Subscribe(
        bus::Interest::Of(topics), [&woke](const bus::Wake& wake) { woke.emplace_back(wake.key); });
  };
  const auto one_follows = follow(one, one_woke);
  const auto two_follows = follow(two, two_woke);
  const std::string room = one.Create("alice", RoomOf("11"));
  ASSERT_EQ(Outcome(one.Join("andy", room)), "200");
  EXPECT_THAT(one_woke, IsEmpty()) << "there are no others";
  ASSERT_EQ(Outcome(two.Join("bob", room, {"one"})), "200");
  EXPECT_THAT(std::exchange(one_woke, {}), ElementsAre(room));
  EXPECT_THAT(std::exchange(two_woke, {}), ElementsAre("@bob:two"));
  ASSERT_EQ(Outcome(one.Join("ann", room)), "200");
  ASSERT_EQ(Outcome(one.Say("ann", room, "hello")), "200");
  EXPECT_THAT(std::exchange(one_woke, {}), ElementsAre("@ann:one"));
  ASSERT_EQ(Outcome(two.Leave("bob", room)), "200");
}

TEST(Federation, ComesBackToARoomThatItsLastUserHasLeft) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  for (const std::string version : {"2", "11", "12"}) {
    SCOPED_TRACE(version);
    const std::string room = one.Create("alice", RoomOf(version));
    ASSERT_EQ(Outcome(two.Join("bob", room, {"one"})), "200");
    ASSERT_EQ(Outcome(two.Leave("bob", room)), "200");
    EXPECT_THAT(two.Outbound(), Contains("m.room.member one"));
    EXPECT_EQ(Outcome(two.Say("bob", room, "x")), "403 M_FORBIDDEN");
    ASSERT_EQ(Outcome(one.SetState("alice", room, "m.room.name", R"({"name":"later"})")), "200");
    ASSERT_EQ(Outcome(one.SetState("alice", room, "m.room.topic", R"({"topic":"new"})")), "200");
    ASSERT_EQ(Outcome(two.Join("bob", room)), "200") << "through those who were there";
    EXPECT_EQ(two.State("bob", room, "m.room.name"), R"({"name":"later"})");
    EXPECT_EQ(two.State("bob", room, "m.room.topic"), R"({"topic":"new"})");
    EXPECT_EQ(Outcome(two.Say("bob", room, "back")), "200");
  }
}

TEST(Federation, InvitesUsersOfOtherServersIntoANewRoom) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create(
      "alice", R"({"room_version":"12","invite":["@bob:two","@dave:one","@eve:nowhere"]})");
  EXPECT_EQ(one.MembershipOf("alice", room, "@bob:two"), "invite");
  EXPECT_EQ(one.MembershipOf("alice", room, "@dave:one"), "invite");
  EXPECT_EQ(one.MembershipOf("alice", room, "@eve:nowhere"), "404 M_NOT_FOUND");
  EXPECT_EQ(Outcome(two.Join("bob", room)), "200");
}

TEST(Federation, ResolvesAliasesOfOtherServers) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create("alice", RoomOf("12", R"(,"room_alias_name":"place")"));
  ASSERT_EQ(Outcome(two.Join("bob", room, {"one"})), "200");
  v1::ResolveAliasRequest request;
  request.set_alias("#place:one");
  const auto found = two->ResolveAlias({}, request);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->room_id(), room);
  EXPECT_THAT(found->servers(), ElementsAre("one", "two"));
  request.set_alias("#other:one");
  EXPECT_EQ(Outcome(two->ResolveAlias({}, request).status()), "404 M_NOT_FOUND");
}

TEST(Federation, ARoomMayBeNamedByAnAliasOfAnotherServer) {
  TestNetwork network;
  TestServer& one = network.Add("one");
  TestServer& two = network.Add("two");
  const std::string room = one.Create("alice", RoomOf("12"));
  ASSERT_EQ(Outcome(two.Join("bob", room, {"one"})), "200");
  v1::SetAliasRequest set;
  *set.mutable_requester() = two.As("bob");
  set.set_alias("#there:two");
  set.set_room_id(room);
  ASSERT_EQ(Outcome(two->SetAlias({}, set).status()), "200");
  const auto name = [&](const std::string& alias) {
    const std::string content = json::Serialize(json::Object{{"alias", alias}});
    return Outcome(one.SetState("alice", room, "m.room.canonical_alias", content));
  };
  EXPECT_EQ(name("#there:two"), "200");
  EXPECT_EQ(name("#nowhere:two"), "400 M_BAD_ALIAS");
  EXPECT_EQ(name("#there:nowhere"), "400 M_BAD_ALIAS");
}

class SendJoin : public ::testing::Test {
 protected:
  // A join of bob's, changed by `change` before it is signed.
  std::string Join(const std::function<void(json::Object&)>& change = [](json::Object&) {}) {
    v1::MakeMembershipRequest make;
    make.set_origin("two");
    make.set_room_id(room_);
    make.set_user_id("@bob:two");
    make.set_membership("join");
    make.add_versions("10");
    json::Object made = *json::FindObject(
        *json::ParseObject(one_.federation().MakeMembership({}, make)->json()), "event");
    change(made);
    event::EventFields fields = *event::ReadTemplate(event::GetRoomVersion("10"), made);
    fields.sender = UserId::Trusted(std::string(json::StringOr(made, "sender", "")));
    fields.type = json::StringOr(made, "type", "");
    fields.state_key = std::string(json::StringOr(made, "state_key", ""));
    fields.content = *json::FindObject(made, "content");
    const auto event =
        event::EventBuilder(event::GetRoomVersion("10"), "two", two_.key()).Build(fields);
    event_id_ = (*event)->event_id.str();
    return (*event)->bytes;
  }

  absl::StatusOr<v1::FederationJson> Give(const std::string& event, bool omit_members = false) {
    v1::SendMembershipRequest send;
    send.set_origin("two");
    send.set_room_id(room_);
    send.set_event_id(event_id_);
    send.set_membership("join");
    send.set_event(event);
    send.set_omit_members(omit_members);
    return one_.federation().SendMembership({}, send);
  }

  static size_t CountOf(const json::Object& answer, std::string_view key, std::string_view type) {
    size_t count = 0;
    for (const json::Value& event : *json::FindArray(answer, key)) {
      count += json::StringOr(*event.AsObject(), "type", "") == type;
    }
    return count;
  }

  TestNetwork network_;
  TestServer& one_ = network_.Add("one");
  TestServer& two_ = network_.Add("two");
  const std::string room_ = one_.Create("alice", RoomOf("10"));
  std::string event_id_;
};

TEST_F(SendJoin, RefusesWhatIsNoJoinOfTheOriginsUser) {
  const auto refuses = [&](const std::function<void(json::Object&)>& change) {
    return Outcome(Give(Join(change)).status());
  };
  EXPECT_EQ(refuses([](json::Object& e) { e.Set("type", "m.room.name"); }), "400 M_INVALID_PARAM");
  EXPECT_EQ(refuses([](json::Object& e) { e.Set("sender", "@alice:one"); }), "400 M_INVALID_PARAM");
  EXPECT_EQ(refuses([](json::Object& e) { e.Set("state_key", "@eve:two"); }),
            "400 M_INVALID_PARAM");
  EXPECT_EQ(refuses([](json::Object& e) { e.Set("room_id", "!other:one"); }),
            "400 M_INVALID_PARAM");
  EXPECT_EQ(refuses([](json::Object& e) {
              e.Set("content", json::Object{{"membership", "leave"}});
            }),
            "400 M_INVALID_PARAM");
  std::string forged = Join();
  forged.replace(forged.find("origin_server_ts\":") + 18, 1, "9");
  EXPECT_EQ(Outcome(Give(forged).status()), "400 M_INVALID_PARAM");
  EXPECT_EQ(one_.MembershipOf("alice", room_, "@bob:two"), "404 M_NOT_FOUND");
}

TEST_F(SendJoin, AnswersTheSameTwice) {
  const std::string join = Join();
  const auto first = Give(join);
  const auto second = Give(join);
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_EQ(first->json(), second->json());
}

TEST_F(SendJoin, LeavesMembersOutForWhoWantsNone) {
  ASSERT_EQ(Outcome(one_.Join("carol", room_)), "200");
  const auto answer = Give(Join(), true);
  ASSERT_TRUE(answer.ok()) << answer.status();
  const json::Object json = *json::ParseObject(answer->json());
  EXPECT_TRUE(json::BoolOr(json, "members_omitted", false));
  EXPECT_EQ(CountOf(json, "state", "m.room.member"), 0u) << "the room has a name";
  EXPECT_EQ(CountOf(json, "state", "m.room.name"), 1u);
  EXPECT_EQ(CountOf(json, "auth_chain", "m.room.create"), 0u) << "it is in the state";
  EXPECT_EQ(CountOf(json, "auth_chain", "m.room.member"), 1u) << "the creator's";
  EXPECT_EQ(json::Serialize(*json.Find("servers_in_room")), R"(["one"])");
}

TEST(JudgeJoin, RefusesARoomWithoutACreateEvent) {
  const auto key = crypto::SigningKey::FromSeed("a_k", std::string(32, 'k'));
  event::EventFields fields;
  fields.room_id = RoomId::Trusted("!r:one");
  fields.sender = UserId::Trusted("@bob:two");
  fields.type = "m.room.member";
  fields.state_key = "@bob:two";
  fields.content = {{"membership", "join"}};
  const auto join = event::EventBuilder(event::GetRoomVersion("10"), "two", *key).Build(fields);
  ASSERT_TRUE(join.ok());
  EXPECT_FALSE(JudgeJoin(*join, {}, {}).ok());
}

}  // namespace
}  // namespace parley::events
