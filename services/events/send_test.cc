#include <thread>

#include <gmock/gmock.h>

#include "services/events/test_service.h"

namespace parley::events {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Send, KeepsOneTransactionOneEvent) {
  TestService service;
  const std::string room = service.Create("alice");
  const auto first = service.Say("alice", room, "hello", "t1");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*service.Say("alice", room, "hello", "t1"), *first);
  service.Restart();
  EXPECT_EQ(*service.Say("alice", room, "hello", "t1"), *first);
  EXPECT_NE(*service.Say("alice", room, "hello", "t2"), *first);
  v1::SendRequest other = service.SendRequestOf("alice", room, "m.room.message", R"({"msgtype":"m.text","body":"x"})", "t1");
  other.mutable_requester()->set_device_id("OTHER");
  EXPECT_NE(*service.Send(other), *first);
  v1::SendRequest another_type = service.SendRequestOf("alice", room, "com.example", "{}", "t1");
  EXPECT_NE(*service.Send(another_type), *first);
}

TEST(Send, TwinsThatRaceGetTheSameEvent) {
  TestService service;
  const std::string room = service.Create("alice");
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> ids(8);
    std::vector<std::thread> threads;
    for (std::string& id : ids) {
      threads.emplace_back([&] { id = service.Say("alice", room, "hello", absl::StrCat("r", round)).value_or("failed"); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& id : ids) EXPECT_EQ(id, ids[0]);
  }
  EXPECT_EQ(service.Events(room).size(), 6u + 20u);
}

TEST(Send, ManyRoomsAndSendersLoseNothing) {
  TestService service;
  std::vector<std::string> rooms;
  for (int i = 0; i < 4; ++i) rooms.push_back(service.Create("alice"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) EXPECT_TRUE(service.Say("alice", rooms[t % 4], "x", absl::StrCat(t, "/", i)).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& room : rooms) EXPECT_EQ(service.Events(room).size(), 6u + 50u);
}

TEST(Send, IsForMembersOnly) {
  TestService service;
  const std::string room = service.Create("alice");
  EXPECT_EQ(Outcome(service.Say("bob", room, "x").status()), "403 M_FORBIDDEN");
  EXPECT_EQ(Outcome(service.Say("bob", "!none:localhost", "x").status()), "403 M_FORBIDDEN");
}

TEST(Send, RefusesEventsAboveTheSizeLimitInBytes) {
  TestService service;
  const std::string room = service.Create("alice");
  EXPECT_EQ(Outcome(service.Say("alice", room, std::string(65'000, 'x')).status()), "413 M_TOO_LARGE");
  std::string umlauts;
  for (int i = 0; i < 33'000; ++i) umlauts += "ü";
  EXPECT_EQ(Outcome(service.Say("alice", room, umlauts).status()), "413 M_TOO_LARGE");
  EXPECT_EQ(Outcome(service.Say("alice", room, std::string(60'000, 'x')).status()), "200");
}

TEST(Send, S8_LaterStateTakesThePlaceOfEarlier) {
  TestService service;
  const std::string room = service.Create("alice");
  ASSERT_TRUE(service.SetState("alice", room, "com.example", R"({"n":1})").ok());
  const auto second = service.SetState("alice", room, "com.example", R"({"n":2})");
  EXPECT_EQ(service.State("alice", room, "com.example"), R"({"n":2})");
  EXPECT_EQ(*service.SetState("alice", room, "com.example", R"({"n":2})"), *second) << "the same again adds nothing";
  service.Restart();
  EXPECT_EQ(service.State("alice", room, "com.example"), R"({"n":2})");
}

TEST(Send, S18_RedactionStripsForGoodAndOnlyForThoseWithThePower) {
  for (const std::string version : {"10", "11"}) {
    TestService service;
    const std::string room =
        service.Create("alice", R"({"preset":"public_chat","room_version":")" + version + R"("})");
    ASSERT_EQ(Outcome(service.Join("bob", room)), "200");
    const std::string secret = *service.Say("alice", room, "secret");
    v1::SendRequest redaction = service.SendRequestOf("bob", room, "m.room.redaction", "{}", "r1");
    redaction.set_redacts(secret);
    EXPECT_EQ(Outcome(service.Send(redaction).status()), "403 M_FORBIDDEN");
    *redaction.mutable_requester() = service.As("alice");
    EXPECT_EQ(Outcome(service.Send(redaction).status()), "200");
    service.Restart();
    v1::GetEventRequest get;
    *get.mutable_requester() = service.As("alice");
    get.set_room_id(room);
    get.set_event_id(secret);
    const auto event = service->GetEvent({}, get);
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_THAT(event->json(), AllOf(Not(HasSubstr("secret")), HasSubstr("redacted_because")));
  }
}

TEST(Send, TakesTheTargetOfARedactionFromTheContentToo) {
  TestService service;
  const std::string room = service.Create("alice");
  const std::string target = *service.Say("alice", room, "x");
  const std::string content = json::Serialize(json::Object{{"redacts", target}});
  EXPECT_EQ(Outcome(service.Send(service.SendRequestOf("alice", room, "m.room.redaction", content)).status()), "200");
  EXPECT_EQ(Outcome(service.Send(service.SendRequestOf("alice", room, "m.room.redaction", "{}")).status()),
            "400 M_BAD_JSON");
  v1::SendRequest unknown = service.SendRequestOf("alice", room, "m.room.redaction", "{}");
  unknown.set_redacts("$none");
  EXPECT_EQ(Outcome(service.Send(unknown).status()), "404 M_NOT_FOUND");
}

TEST(Send, RefusesASecondCreateEventAndLevelsOfCreators) {
  TestService service;
  const std::string room = service.Create("alice", R"({"room_version":"12"})");
  const auto set = [&](const std::string& type, const std::string& content) {
    v1::SendRequest request = service.SendRequestOf("alice", room, type, content);
    request.set_state_key("");
    return Outcome(service.Send(request).status());
  };
  EXPECT_EQ(set("m.room.create", R"({"room_version":"12"})"), "400 M_BAD_JSON");
  EXPECT_EQ(set("m.room.power_levels", R"({"users":{"@alice:localhost":100}})"), "400 M_BAD_JSON");
  EXPECT_EQ(set("m.room.power_levels", R"({"users":{"@bob:localhost":100}})"), "200");
}

TEST(Send, RefusesTheSameReactionTwice) {
  TestService service;
  const std::string room = service.Create("alice");
  const std::string target = *service.Say("alice", room, "x");
  const std::string content = json::Serialize(
      json::Object{{"m.relates_to", json::Object{{"rel_type", "m.annotation"}, {"event_id", target}, {"key", "+"}}}});
  EXPECT_EQ(Outcome(service.Send(service.SendRequestOf("alice", room, "m.reaction", content)).status()), "200");
  EXPECT_EQ(Outcome(service.Send(service.SendRequestOf("alice", room, "m.reaction", content)).status()),
            "400 M_DUPLICATE_ANNOTATION");
}

TEST(Send, CanonicalAliasesMustPointHere) {
  TestService service;
  const std::string room = service.Create("alice");
  EXPECT_EQ(Outcome(service.SetState("alice", room, "m.room.canonical_alias", R"({"alias":"#x:localhost"})").status()),
            "400 M_BAD_ALIAS");
  v1::SetAliasRequest set;
  *set.mutable_requester() = service.As("alice");
  set.set_alias("#x:localhost");
  set.set_room_id(room);
  ASSERT_EQ(Outcome(service->SetAlias({}, set).status()), "200");
  EXPECT_EQ(Outcome(service->SetAlias({}, set).status()), "409 M_UNKNOWN");
  EXPECT_EQ(Outcome(service.SetState("alice", room, "m.room.canonical_alias", R"({"alias":"#x:localhost"})").status()),
            "200");
}

TEST(Send, OneOfManyWhoSetAnAliasAtOnceGetsIt) {
  TestService service;
  const std::string room = service.Create("alice");
  for (int round = 0; round < 20; ++round) {
    v1::SetAliasRequest set;
    *set.mutable_requester() = service.As("alice");
    set.set_alias(absl::StrCat("#r", round, ":localhost"));
    set.set_room_id(room);
    std::vector<std::thread> threads;
    std::atomic<int> got_it = 0;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        const std::string outcome = Outcome(service->SetAlias({}, set).status());
        if (outcome == "200") ++got_it;
        else EXPECT_EQ(outcome, "409 M_UNKNOWN");
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(got_it, 1) << "round " << round;
  }
}

TEST(Send, SurvivesAFailedCommitAndWhatWasBuiltOnIt) {
  TestService service;
  const std::string room = service.Create("alice");
  service.store().FailNext(1);
  EXPECT_EQ(Outcome(service.SetState("alice", room, "com.example", R"({"n":1})").status()), "500 M_UNKNOWN");
  EXPECT_EQ(service.State("alice", room, "com.example"), "404 M_NOT_FOUND");
  EXPECT_EQ(Outcome(service.Say("alice", room, "x", "t").status()), "200");
  EXPECT_EQ(service.Events(room).size(), 7u);

  std::vector<std::thread> threads;
  std::atomic<int> acknowledged = 0;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        if (i % 7 == 0) service.store().FailNext(1);
        if (service.Say("alice", room, "x", absl::StrCat(t, "/", i)).ok()) ++acknowledged;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  service.store().FailNext(0);
  EXPECT_EQ(service.Events(room).size(), 7u + acknowledged);
  for (int t = 0; t < 6; ++t) {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(service.Say("alice", room, "x", absl::StrCat(t, "/", i)).ok());
  }
  EXPECT_EQ(service.Events(room).size(), 7u + 120u) << "a second try of what was acknowledged adds nothing";
}

TEST(Send, ARoomComesBackAfterItsMemoryIsGone) {
  TestService service;
  service.config().room_memory_bytes = 0;
  service.Restart();
  std::vector<std::string> rooms;
  for (int i = 0; i < 40; ++i) rooms.push_back(service.Create("alice"));
  for (const std::string& room : rooms) EXPECT_EQ(Outcome(service.Say("alice", room, "x", "t").status()), "200");
  for (const std::string& room : rooms) EXPECT_EQ(service.Events(room).size(), 7u);
}

}  // namespace
}  // namespace parley::events
