#include "services/events/read/notifications.h"

#include <gtest/gtest.h>

#include "common/testing/manual_clock.h"
#include "services/events/test_service.h"

namespace parley::events {
namespace {

class NotificationsTest : public ::testing::Test {
 protected:
  NotificationsTest() { EXPECT_TRUE(service_.Join("bob", room_).ok()); }

  // Each message comes a second after the one before.
  std::string Say(const std::string& user, const std::string& text) {
    service_.clock().Advance(absl::Seconds(1));
    return *service_.Say(user, room_, text);
  }
  v1::ListNotificationsRequest Request() {
    v1::ListNotificationsRequest request;
    *request.mutable_requester() = TestService::As("bob");
    request.add_room_ids(room_);
    request.set_limit(10);
    return request;
  }
  std::vector<std::string> Listed(const v1::ListNotificationsRequest& request) {
    const auto response = service_->ListNotifications({}, request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> ids;
    for (const auto& notification : response->notifications()) ids.push_back(notification.event_id());
    return ids;
  }

  TestService service_;
  const std::string room_ = service_.Create("alice", R"({"preset":"public_chat"})");
};

using Ids = std::vector<std::string>;

TEST_F(NotificationsTest, AreTheMessagesOfOthersNewestFirst) {
  const std::string first = Say("alice", "1");
  Say("bob", "mine");
  const std::string last = Say("alice", "2");
  EXPECT_EQ(Listed(Request()), (Ids{last, first}));
}

TEST_F(NotificationsTest, GoOnBehindAPage) {
  const std::string first = Say("alice", "1"), second = Say("alice", "2");
  v1::ListNotificationsRequest request = Request();
  request.set_limit(1);
  const auto page = *service_->ListNotifications({}, request);
  ASSERT_EQ(page.notifications_size(), 1);
  EXPECT_EQ(page.notifications(0).event_id(), second);
  request.set_after_ts(page.notifications(0).ts());
  request.set_after_event_id(second);
  EXPECT_EQ(Listed(request), Ids{first});
  request.set_after_ts(0);
  EXPECT_EQ(Listed(request), Ids{});
}

TEST_F(NotificationsTest, AreOfTheTimeSinceJoining) {
  Say("alice", "before");
  ASSERT_TRUE(service_.Join("carol", room_).ok());
  v1::ListNotificationsRequest request = Request();
  request.mutable_requester()->set_user_id(TestService::Id("carol"));
  EXPECT_EQ(Listed(request), Ids{});
}

TEST_F(NotificationsTest, LeaveOutIgnoredUsers) {
  Say("alice", "1");
  v1::ListNotificationsRequest request = Request();
  request.add_ignored_users(TestService::Id("alice"));
  EXPECT_EQ(Listed(request), Ids{});
}

TEST_F(NotificationsTest, OfRoomsThatOneIsNotInAreNone) {
  Say("alice", "1");
  v1::ListNotificationsRequest request = Request();
  request.mutable_requester()->set_user_id(TestService::Id("stranger"));
  EXPECT_EQ(Listed(request), Ids{});
}

TEST_F(NotificationsTest, CostASendNothing) {
  Say("alice", "warm");
  const int reads = service_.store().reads();
  Say("alice", "1");
  EXPECT_EQ(service_.store().reads(), reads);
}

}  // namespace
}  // namespace parley::events
