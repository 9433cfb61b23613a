#include "services/events/membership.h"

#include <gmock/gmock.h>

#include "services/events/test_service.h"

namespace parley::events {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Membership, InviteJoinLeaveAreToldToAccounts) {
  TestService service;
  const std::string room = service.Create("alice");
  service.accounts().TakeTold();
  EXPECT_EQ(Outcome(service.Join("bob", room)), "403 M_FORBIDDEN");
  EXPECT_EQ(Outcome(service.Change("alice", room, v1::MEMBERSHIP_ACTION_INVITE, "bob")), "200");
  EXPECT_EQ(Outcome(service.Join("bob", room)), "200");
  EXPECT_EQ(Outcome(service.Join("bob", room)), "200") << "again: nothing to do";
  EXPECT_EQ(Outcome(service.Change("bob", room, v1::MEMBERSHIP_ACTION_LEAVE)), "200");
  EXPECT_THAT(service.accounts().TakeTold(),
              ElementsAre("@bob:localhost invite", "@bob:localhost join", "@bob:localhost leave"));
}

TEST(Membership, OutboxIsRepairedAfterACrash) {
  TestService service;
  service.accounts().SetAnswer(absl::UnavailableError("down"));
  const std::string room = service.Create("alice");
  EXPECT_THAT(service.accounts().TakeTold(), IsEmpty());
  service.Restart();
  service.accounts().SetAnswer(absl::OkStatus());
  service->Tick({});
  EXPECT_THAT(service.accounts().TakeTold(), ElementsAre("@alice:localhost join"));
  service.Restart();
  service->Tick({});
  EXPECT_THAT(service.accounts().TakeTold(), IsEmpty());
}

TEST(Membership, KickBanUnban) {
  TestService service;
  const std::string room = service.Create("alice", R"({"preset":"public_chat"})");
  EXPECT_EQ(Outcome(service.Change("alice", room, v1::MEMBERSHIP_ACTION_KICK, "bob")), "403 M_FORBIDDEN");
  EXPECT_EQ(Outcome(service.Change("alice", room, v1::MEMBERSHIP_ACTION_UNBAN, "bob")), "403 M_FORBIDDEN");
  ASSERT_EQ(Outcome(service.Join("bob", room)), "200");
  EXPECT_EQ(Outcome(service.Change("bob", room, v1::MEMBERSHIP_ACTION_KICK, "alice")), "403 M_FORBIDDEN");
  EXPECT_EQ(Outcome(service.Change("alice", room, v1::MEMBERSHIP_ACTION_BAN, "bob")), "200");
  EXPECT_EQ(Outcome(service.Join("bob", room)), "403 M_FORBIDDEN");
  EXPECT_EQ(Outcome(service.Change("alice", room, v1::MEMBERSHIP_ACTION_UNBAN, "bob")), "200");
  EXPECT_EQ(Outcome(service.Join("bob", room)), "200");
}

TEST(Membership, UnknownRoomsAreNotFound) {
  TestService service;
  EXPECT_EQ(Outcome(service.Join("bob", "!none:localhost")), "404 M_NOT_FOUND");
}

TEST(Membership, KnockersAreLetInByAnInvite) {
  TestService service;
  const std::string room = service.Create(
      "alice", R"({"initial_state":[{"type":"m.room.join_rules","content":{"join_rule":"knock"}}]})");
  EXPECT_EQ(Outcome(service.Change("bob", room, v1::MEMBERSHIP_ACTION_KNOCK)), "200");
  EXPECT_EQ(Outcome(service.Join("bob", room)), "403 M_FORBIDDEN");
  EXPECT_EQ(Outcome(service.Change("alice", room, v1::MEMBERSHIP_ACTION_INVITE, "bob")), "200");
  EXPECT_EQ(Outcome(service.Join("bob", room)), "200");
}

TEST(Membership, RestrictedRoomsLetMembersOfAnotherRoomIn) {
  TestService service;
  const std::string club = service.Create("alice", R"({"preset":"public_chat"})");
  const std::string room = service.Create(
      "alice", R"({"initial_state":[{"type":"m.room.join_rules","content":{"join_rule":"restricted","allow":[
          {"type":"m.room_membership","room_id":")" + club + R"("}]}}]})");
  EXPECT_EQ(Outcome(service.Join("bob", room)), "403 M_FORBIDDEN");
  ASSERT_EQ(Outcome(service.Join("bob", club)), "200");
  EXPECT_EQ(Outcome(service.Join("bob", room)), "200");
  EXPECT_THAT(service.State("bob", room, "m.room.member", "@bob:localhost"),
              HasSubstr(R"("join_authorised_via_users_server":"@alice:localhost")"));
}

TEST(Membership, S55_ProfileChangesLeaveRoomOnlyNamesAlone) {
  TestService service;
  const std::string room = service.Create("alice", R"({"preset":"public_chat"})");
  ASSERT_EQ(Outcome(service.Join("bob", room)), "200");
  const auto update = [&](const std::string& user, const std::string& name, const std::string& txn) {
    EXPECT_EQ(Outcome(service.Change(user, room, v1::MEMBERSHIP_ACTION_UPDATE_PROFILE, user, txn, name)), "200");
  };
  update("bob", "Bobby", "@bob:localhost/1");
  EXPECT_THAT(service.State("bob", room, "m.room.member", "@bob:localhost"), HasSubstr(R"("displayname":"Bobby")"));
  v1::SendRequest own = service.SendRequestOf("bob", room, "m.room.member", R"({"membership":"join","displayname":"Captain"})");
  own.set_state_key("@bob:localhost");
  own.mutable_profile()->set_displayname("Bobby");
  ASSERT_TRUE(service.Send(own).ok());
  update("bob", "Robert", "@bob:localhost/2");
  EXPECT_THAT(service.State("bob", room, "m.room.member", "@bob:localhost"), HasSubstr(R"("displayname":"Captain")"));
  const size_t before = service.Events(room).size();
  update("alice", "Alicia", "@alice:localhost/1");
  update("alice", "Alicia", "@alice:localhost/1");
  EXPECT_EQ(service.Events(room).size(), before + 1) << "once per generation";
}

TEST(Membership, S59_AProfileChangeThatComesLateChangesNothing) {
  TestService service;
  const std::string room = service.Create("alice");
  const auto update = [&](const std::string& name, int64_t generation) {
    v1::ChangeMembershipRequest request;
    *request.mutable_requester() = service.As("alice");
    request.set_room_id(room);
    request.set_target_user_id("@alice:localhost");
    request.set_action(v1::MEMBERSHIP_ACTION_UPDATE_PROFILE);
    request.set_txn_id("@alice:localhost/" + std::to_string(generation));
    request.set_profile_generation(generation);
    request.mutable_profile()->set_displayname(name);
    EXPECT_EQ(Outcome(service->ChangeMembership({}, request).status()), "200");
  };
  update("Later", 2);
  update("Earlier", 1);
  EXPECT_THAT(service.State("alice", room, "m.room.member", "@alice:localhost"), HasSubstr(R"("displayname":"Later")"));
}

TEST(Membership, S61_InvitesAndJoinsCarryTheProfile) {
  TestService service;
  const std::string room = service.Create("alice");
  ASSERT_EQ(Outcome(service.Change("alice", room, v1::MEMBERSHIP_ACTION_INVITE, "bob", "", "Bob")), "200");
  EXPECT_THAT(service.State("alice", room, "m.room.member", "@bob:localhost"), HasSubstr(R"("displayname":"Bob")"));
  ASSERT_EQ(Outcome(service.Change("bob", room, v1::MEMBERSHIP_ACTION_LEAVE)), "200");
  EXPECT_THAT(service.State("alice", room, "m.room.member", "@bob:localhost"), Not(HasSubstr("displayname")));
}

TEST(Upgrade, CarriesTheRoomOver) {
  TestService service;
  for (const std::string version : {"11", "12"}) {
    const std::string room = service.Create(
        "alice", R"({"room_version":"10","preset":"public_chat","name":"N","visibility":"public",
                     "room_alias_name":"pub)" + version + R"("})");
    ASSERT_EQ(Outcome(service.Change("alice", room, v1::MEMBERSHIP_ACTION_BAN, "mallory")), "200");
    ASSERT_EQ(Outcome(service.Join("bob", room)), "200");
    v1::UpgradeRoomRequest request;
    *request.mutable_requester() = service.As("bob");
    request.set_room_id(room);
    request.set_new_version(version);
    EXPECT_EQ(Outcome(service->UpgradeRoom({}, request).status()), "403 M_FORBIDDEN");
    *request.mutable_requester() = service.As("alice");
    request.set_new_version("x");
    EXPECT_EQ(Outcome(service->UpgradeRoom({}, request).status()), "400 M_UNSUPPORTED_ROOM_VERSION");
    request.set_new_version(version);
    const auto response = service->UpgradeRoom({}, request);
    ASSERT_TRUE(response.ok()) << response.status();
    const std::string next = response->replacement_room();
    EXPECT_THAT(service.State("alice", room, "m.room.tombstone"), HasSubstr(next));
    EXPECT_THAT(service.State("alice", next, "m.room.create"), HasSubstr(room));
    EXPECT_EQ(service.State("alice", next, "m.room.name"), R"({"name":"N"})");
    EXPECT_THAT(service.State("alice", next, "m.room.member", "@mallory:localhost"), HasSubstr("ban"));
    EXPECT_THAT(service.State("alice", next, "m.room.canonical_alias"), HasSubstr("#pub" + version));
    v1::ResolveAliasRequest resolve;
    resolve.set_alias("#pub" + version + ":localhost");
    EXPECT_EQ(service->ResolveAlias({}, resolve)->room_id(), next);
    EXPECT_EQ(Outcome(service.Say("bob", room, "x").status()), "403 M_FORBIDDEN") << "the old room is closed";
    v1::GetDirectoryVisibilityRequest listed;
    listed.set_room_id(next);
    EXPECT_TRUE(service->GetDirectoryVisibility({}, listed)->is_public());
    listed.set_room_id(room);
    EXPECT_FALSE(service->GetDirectoryVisibility({}, listed)->is_public());
  }
}

TEST(Receipts, OnlyMoveForwards) {
  TestService service;
  const std::string room = service.Create("alice");
  const std::string first = *service.Say("alice", room, "1");
  const std::string second = *service.Say("alice", room, "2");
  v1::SetReceiptRequest request;
  *request.mutable_requester() = service.As("alice");
  request.set_room_id(room);
  request.set_receipt_type("m.read");
  request.set_event_id(second);
  const int64_t position = service->SetReceipt({}, request)->position();
  request.set_event_id(first);
  EXPECT_EQ(service->SetReceipt({}, request)->position(), position);
  request.set_event_id("$none");
  EXPECT_EQ(Outcome(service->SetReceipt({}, request).status()), "400 M_INVALID_PARAM");
  request.set_event_id(second);
  request.set_thread_id("$other");
  EXPECT_EQ(Outcome(service->SetReceipt({}, request).status()), "400 M_INVALID_PARAM");
  request.set_receipt_type("m.read.nonsense");
  EXPECT_EQ(Outcome(service->SetReceipt({}, request).status()), "400 M_INVALID_PARAM");
}

}  // namespace
}  // namespace parley::events
