#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/accounts/test_service.h"

namespace parley::accounts {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string SetData(TestService& service, const std::string& room, const std::string& type, const std::string& content) {
  SetAccountDataRequest request;
  *request.mutable_requester() = TestService::As("alice", "PHONE");
  request.set_user_id("@alice:localhost");
  request.set_room_id(room);
  request.set_type(type);
  request.set_content(content);
  return Outcome(service->SetAccountData({}, request));
}

std::string Record(TestService& service, const std::string& room, const std::string& membership, int64_t position) {
  RecordMembershipRequest request;
  request.set_user_id("@alice:localhost");
  request.mutable_membership()->set_room_id(room);
  request.mutable_membership()->set_membership(membership);
  request.mutable_membership()->set_position(position);
  return Outcome(service->RecordMembership({}, request));
}

std::vector<std::string> Types(const ReadSinceResponse& read) {
  std::vector<std::string> types;
  for (const AccountDatum& datum : read.account_data()) types.push_back(datum.room_id() + "/" + datum.type());
  return types;
}

std::vector<std::string> Rooms(const ReadSinceResponse& read) {
  std::vector<std::string> rooms;
  for (const Membership& membership : read.memberships()) {
    rooms.push_back(membership.room_id() + " " + membership.membership());
  }
  return rooms;
}

TEST(ReadSince, ShowsAllDataAtFirstAndChangesAfterThat) {
  TestService service;
  service.Register("alice", "PHONE");
  EXPECT_EQ(SetData(service, "", "com.example", R"({"a":1})"), "200");
  EXPECT_EQ(SetData(service, "!r:localhost", "com.example", R"({"b":1})"), "200");
  const auto first = service.Read("alice", "PHONE", 0);
  EXPECT_THAT(Types(first), ElementsAre("/com.example", "!r:localhost/com.example", "/m.push_rules"));
  EXPECT_THAT(Types(service.Read("alice", "PHONE", first.head())), IsEmpty());
  EXPECT_EQ(SetData(service, "", "com.example", R"({"a":2})"), "200");
  EXPECT_THAT(Types(service.Read("alice", "PHONE", first.head())), ElementsAre("/com.example"));
}

TEST(ReadSince, IsTheSameAfterARestart) {
  TestService service;
  service.Register("alice", "PHONE");
  SetData(service, "", "com.example", R"({"a":1})");
  Record(service, "!r:localhost", "join", 3);
  const std::string before = service.Read("alice", "PHONE", 0).SerializeAsString();
  service.Restart();
  EXPECT_EQ(service.Read("alice", "PHONE", 0).SerializeAsString(), before);
}

TEST(ReadSince, NamesIgnoredUsersAndSaysWhenTheyChanged) {
  TestService service;
  service.Register("alice", "PHONE");
  const int64_t before = service.Read("alice", "PHONE", 0).head();
  SetData(service, "", "m.ignored_user_list", R"({"ignored_users":{"@bob:localhost":{}}})");
  const auto read = service.Read("alice", "PHONE", before);
  EXPECT_THAT(read.ignored_users(), ElementsAre("@bob:localhost"));
  EXPECT_TRUE(read.ignored_users_changed());
  EXPECT_FALSE(service.Read("alice", "PHONE", read.head()).ignored_users_changed());
}

TEST(Memberships, TakeTheNewestAndNoticeNewJoins) {
  TestService service;
  service.Register("alice", "PHONE");
  Record(service, "!r:localhost", "invite", 3);
  Record(service, "!r:localhost", "join", 5);
  Record(service, "!r:localhost", "invite", 4);
  const auto joined = service.Read("alice", "PHONE", 0);
  EXPECT_THAT(Rooms(joined), ElementsAre("!r:localhost join"));
  const int64_t joined_at = joined.memberships(0).joined_recorded_at();
  EXPECT_EQ(joined_at, joined.memberships(0).recorded_at());
  Record(service, "!r:localhost", "join", 9);
  EXPECT_EQ(service.Read("alice", "PHONE", 0).memberships(0).joined_recorded_at(), joined_at);
  EXPECT_GT(service.Read("alice", "PHONE", 0).memberships(0).recorded_at(), joined_at);
}

TEST(Memberships, AreForgottenOnlyAfterLeaving) {
  TestService service;
  service.Register("alice", "PHONE");
  ForgetRoomRequest forget;
  forget.set_user_id("@alice:localhost");
  forget.set_room_id("!r:localhost");
  EXPECT_EQ(Outcome(service->ForgetRoom({}, forget)), "404 M_NOT_FOUND");
  Record(service, "!r:localhost", "join", 3);
  EXPECT_EQ(Outcome(service->ForgetRoom({}, forget)), "400 M_UNKNOWN");
  Record(service, "!r:localhost", "leave", 4);
  const int64_t joined = service.Read("alice", "PHONE", 0).memberships(0).recorded_at() - 1;
  EXPECT_EQ(Outcome(service->ForgetRoom({}, forget)), "200");
  EXPECT_THAT(Rooms(service.Read("alice", "PHONE", 0)), IsEmpty());
  EXPECT_THAT(Rooms(service.Read("alice", "PHONE", joined)), ElementsAre("!r:localhost leave"));
  Record(service, "!r:localhost", "invite", 5);
  EXPECT_THAT(Rooms(service.Read("alice", "PHONE", 0)), ElementsAre("!r:localhost invite"));
}

TEST(AccountData, KeepsClientsFromWhatTheServerManages) {
  TestService service;
  service.Register("alice", "PHONE");
  EXPECT_EQ(SetData(service, "", "m.push_rules", "{}"), "405 M_BAD_JSON");
  EXPECT_EQ(SetData(service, "!r:localhost", "m.fully_read", "{}"), "405 M_BAD_JSON");
  EXPECT_EQ(SetData(service, "", "com.example", "[]"), "400 M_BAD_JSON");
}

TEST(Tags, ComeAndGo) {
  TestService service;
  service.Register("alice", "PHONE");
  SetTagRequest set;
  *set.mutable_requester() = TestService::As("alice", "PHONE");
  set.set_user_id("@alice:localhost");
  set.set_room_id("!r:localhost");
  set.set_tag("m.favourite");
  set.set_body(R"({"order":0.5})");
  EXPECT_EQ(Outcome(service->SetTag({}, set)), "200");
  GetTagsRequest get;
  *get.mutable_requester() = set.requester();
  get.set_user_id("@alice:localhost");
  get.set_room_id("!r:localhost");
  EXPECT_EQ(service->GetTags({}, get)->json(), R"({"tags":{"m.favourite":{"order":0.5}}})");
  CopyRoomSettingsRequest copy;
  copy.set_user_id("@alice:localhost");
  copy.set_from_room_id("!r:localhost");
  copy.set_to_room_id("!new:localhost");
  EXPECT_EQ(Outcome(service->CopyRoomSettings({}, copy)), "200");
  DeleteTagRequest remove;
  *remove.mutable_requester() = set.requester();
  remove.set_user_id("@alice:localhost");
  remove.set_room_id("!r:localhost");
  remove.set_tag("m.favourite");
  EXPECT_EQ(Outcome(service->DeleteTag({}, remove)), "200");
  EXPECT_EQ(service->GetTags({}, get)->json(), R"({"tags":{}})");
  get.set_room_id("!new:localhost");
  EXPECT_EQ(service->GetTags({}, get)->json(), R"({"tags":{"m.favourite":{"order":0.5}}})");
}

TEST(Filters, AreNumberedAndTheSameGetsTheSameNumber) {
  TestService service;
  service.Register("alice", "PHONE");
  const auto create = [&](const std::string& body) {
    return service->CreateFilter({}, TestService::Request(TestService::As("alice", "PHONE"), body));
  };
  EXPECT_EQ(create(R"({"room":{"timeline":{"limit":5}}})")->filter_id(), "0");
  EXPECT_EQ(create("{}")->filter_id(), "1");
  EXPECT_EQ(create(R"({"room":{"timeline":{"limit":5}}})")->filter_id(), "0");
  EXPECT_EQ(Outcome(create(R"({"room":"x"})")).substr(0, 3), "400");
  GetFilterRequest get;
  get.set_user_id("@alice:localhost");
  get.set_filter_id("0");
  EXPECT_EQ(service->GetFilter({}, get)->json(), R"({"room":{"timeline":{"limit":5}}})");
  get.set_filter_id("x");
  EXPECT_EQ(Outcome(service->GetFilter({}, get)), "404 M_NOT_FOUND");
}

TEST(PushRules, ChangeAndReachSync) {
  TestService service;
  service.Register("alice", "PHONE");
  const int64_t before = service.Read("alice", "PHONE", 0).head();
  SetPushRuleRequest set;
  *set.mutable_requester() = TestService::As("alice", "PHONE");
  set.mutable_path()->set_scope("global");
  set.mutable_path()->set_kind("content");
  set.mutable_path()->set_rule_id("cake");
  set.set_body(R"({"pattern":"cake*lie","actions":["notify"]})");
  EXPECT_EQ(Outcome(service->SetPushRule({}, set)), "200");
  const auto read = service.Read("alice", "PHONE", before);
  ASSERT_THAT(Types(read), ElementsAre("/m.push_rules"));
  EXPECT_THAT(read.account_data(0).content(), HasSubstr("cake*lie"));
  EXPECT_THAT(read.push_rule_changes(), HasSubstr("cake"));
}

}  // namespace
}  // namespace parley::accounts
