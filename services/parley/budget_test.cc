// What a request may cost, counted and not timed (architecture §7, §8): calls to services and commits.

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "services/parley/test_server.h"

namespace parley {
namespace {

// Calls by method. Not counted is what happens beside the requests: who was active, told to `presence` in one call for all
// users, of each at most once in ten seconds (services/gateway/activity_test.cc); which syncs are open, in one call a second;
// where devices were last seen, once a minute (last_seen_test.cc).
class CountHops final : public rpc::Observer {
 public:
  void Finished(const rpc::Method& method, const absl::Status& status, absl::Duration took) override {
    const std::string_view label = method.label;
    const bool beside = label.starts_with("presence.") || label == "accounts.RecordSeen";
    if (!beside) calls_.Finished(method, status, took);
  }
  void Reset() { calls_.Reset(); }
  std::string ToString() const { return calls_.ToString(); }

 private:
  rpc::CountCalls calls_;
};

class CountCommits final : public store::Probe {
 public:
  void Committed(size_t, absl::Duration, size_t) override { ++commits; }
  std::atomic<int> commits = 0;
};

class Budget : public testing::Test {
 protected:
  // A sync that waits for news; made when it does. What is late of before (presence) may end it first: it waits anew then.
  class WaitingSync {
   public:
    WaitingSync(Budget& budget, const std::string& token, std::string since)
        : thread_([&budget, token, since]() mutable {
            while (!budget.news_sent_) since = budget.server_.Sync(token, since, 10'000);
          }) {
      const absl::Time end = absl::Now() + absl::Seconds(30);
      while (!budget.OneIsParked() && absl::Now() < end) std::this_thread::yield();
      EXPECT_TRUE(budget.OneIsParked());
    }
    ~WaitingSync() { thread_.join(); }

   private:
    std::thread thread_;
  };

  bool OneIsParked() { return server_.metrics().find("parley_gateway_parked_syncs 1") != std::string::npos; }

  void Reset() {
    hops_.Reset();
    commits_.commits = 0;
  }

  CountHops hops_;
  CountCommits commits_;
  std::atomic<bool> news_sent_ = false;
  TestServer server_{hops_, commits_};
};

TEST_F(Budget, ASendIsOneCallAndOneCommit) {
  const std::string alice = server_.Register("alice");
  const std::string room = server_.MakeRoom(alice);
  server_.Send(alice, room, "warm");
  Reset();
  server_.Send(alice, room, "counted");
  EXPECT_EQ(hops_.ToString(), "events.Send 1");
  EXPECT_EQ(commits_.commits, 1);
}

// The change and its record with the user. The name and avatar that go into the event (S61) are asked for when this
// gateway meets the user, and again after a change of them.
TEST_F(Budget, AJoinIsTwoCalls) {
  const std::string alice = server_.Register("alice"), bob = server_.Register("bob");
  server_.AwaitProfile("@bob:test");
  const std::string first = server_.MakeRoom(alice), second = server_.MakeRoom(alice), third = server_.MakeRoom(alice);
  server_.Ask("POST", StrCat("join/", first), bob, "{}");
  Reset();
  server_.Ask("POST", StrCat("join/", second), bob, "{}");
  EXPECT_EQ(hops_.ToString(), "accounts.RecordMembership 1, events.ChangeMembership 1");
  server_.Ask("PUT", "profile/@bob:test/displayname", bob, "{\"displayname\":\"Robert\"}");
  server_.Ask("POST", StrCat("join/", third), bob, "{}");
  const json::Object member = server_.Ask("GET", StrCat("rooms/", third, "/state/m.room.member/@bob:test"), alice);
  EXPECT_EQ(json::StringOr(member, "displayname", ""), "Robert");
}

TEST_F(Budget, NewsOfOneRoomAreOneCall) {
  const std::string alice = server_.Register("alice"), bob = server_.Register("bob");
  const std::string room = server_.MakeRoom(alice);
  server_.Ask("POST", StrCat("join/", room), bob, "{}");
  server_.Send(alice, room, "warm");
  const std::string since = server_.SyncToEnd(bob);
  {
    WaitingSync waiting(*this, bob, since);
    Reset();
    news_sent_ = true;
    server_.Send(alice, room, "counted");
  }
  EXPECT_EQ(hops_.ToString(), "events.ReadSince 1, events.Send 1");
}

TEST_F(Budget, AParkedSyncThatNothingWakesIsNone) {
  const std::string bob = server_.Register("bob");
  std::string before, since = server_.SyncToEnd(bob);
  for (int round = 0; round < 20 && before != since; ++round) {  // bob's own presence may still be on its way
    Reset();
    before = std::exchange(since, server_.Sync(bob, since, 200));
  }
  EXPECT_EQ(before, since);
  EXPECT_EQ(hops_.ToString(), "");
  EXPECT_EQ(commits_.commits, 0);
}

}  // namespace
}  // namespace parley
