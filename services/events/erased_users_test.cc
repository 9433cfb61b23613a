#include "services/events/erased_users.h"

#include <gtest/gtest.h>

#include "services/events/test_service.h"

namespace parley::events {
namespace {

// A room of alice's in which bob has said something; what a user reads of it is compared with the whole text.
class ErasedUsersTest : public ::testing::Test {
 protected:
  ErasedUsersTest() {
    EXPECT_TRUE(service_.Join("bob", room_).ok());
    said_ = *service_.Say("bob", room_, "forget me");
  }

  absl::Status Erase() {
    v1::EraseUserRequest request;
    request.set_user_id(TestService::Id("bob"));
    return service_->EraseUser({}, request).status();
  }
  // Whether `user` gets to read what bob said.
  bool Reads(const std::string& user) {
    v1::GetEventRequest request;
    *request.mutable_requester() = TestService::As(user);
    request.set_room_id(room_);
    request.set_event_id(said_);
    const auto response = service_->GetEvent({}, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() && response->json().find("forget me") != std::string::npos;
  }

  TestService service_;
  const std::string room_ = service_.Create("alice", R"({"preset":"public_chat"})");
  std::string said_;
};

TEST_F(ErasedUsersTest, WhoJoinsLaterGetsTheirMessagesRedacted) {
  ASSERT_TRUE(Erase().ok());
  ASSERT_TRUE(service_.Join("carol", room_).ok());
  EXPECT_FALSE(Reads("carol"));
}

TEST_F(ErasedUsersTest, WhoWasThereBeforeStillReadsThem) {
  ASSERT_TRUE(service_.Join("carol", room_).ok());
  ASSERT_TRUE(Erase().ok());
  EXPECT_TRUE(Reads("alice"));
  EXPECT_TRUE(Reads("carol"));
  ASSERT_TRUE(service_.Change("carol", room_, v1::MEMBERSHIP_ACTION_LEAVE).ok());
  ASSERT_TRUE(service_.Join("carol", room_).ok());
  EXPECT_TRUE(Reads("carol"));
}

TEST_F(ErasedUsersTest, ARestartForgetsNobody) {
  ASSERT_TRUE(Erase().ok());
  service_.Restart();
  ASSERT_TRUE(service_.Join("carol", room_).ok());
  EXPECT_FALSE(Reads("carol"));
}

TEST_F(ErasedUsersTest, TheFirstTimeOfErasingCounts) {
  ASSERT_TRUE(Erase().ok());
  ASSERT_TRUE(service_.Join("carol", room_).ok());
  ASSERT_TRUE(Erase().ok());
  service_.Restart();
  EXPECT_FALSE(Reads("carol"));
  EXPECT_TRUE(Reads("alice"));
}

TEST_F(ErasedUsersTest, WhatOthersBuildOnStays) {
  ASSERT_TRUE(Erase().ok());
  ASSERT_TRUE(service_.Join("carol", room_).ok());
  EXPECT_EQ(service_.State("carol", room_, "m.room.join_rules"), R"({"join_rule":"public"})");
}

}  // namespace
}  // namespace parley::events
