// What a request may cost, counted and not timed (architecture §7, §8): calls to services and commits.

#include <atomic>
#include <map>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "common/base/rng.h"
#include "common/base/strings.h"
#include "common/bus/memory_bus.h"
#include "common/crypto/sign.h"
#include "common/http/testing_client.h"
#include "common/json/value.h"
#include "common/rpc/observer.h"
#include "common/store/probe.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/temporary_folder.h"
#include "services/parley/config.h"
#include "services/parley/gateway_part.h"
#include "services/parley/local_services.h"

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

// A whole server in this process, all services and the gateway, on a free port.
class Budget : public testing::Test {
 protected:
  Budget() {
    config_.server_name = "test";
    config_.data_dir = folder_.path();
    config_.partitions = 16;
    config_.listen.client = "127.0.0.1:0";
    config_.accounts.password_passes = 1;
    config_.accounts.password_memory_kib = 8;
    EXPECT_TRUE(Complete(config_).ok());
    store_ = *store::OpenSqlite({.path = config_.store.path}, LocalServices::Migrations(targets_), commits_);
    services_ = *LocalServices::Open({config_, targets_, *store_, bus_, key_, registry_, peers_, dispatcher_});
    services_->Start();
    gateway_ = *GatewayPart::Start(config_, peers_, bus_, registry_);
  }

  // The whole answer.
  std::string Exchange(std::string_view method, std::string_view path, std::string_view token, std::string_view body) {
    http::TestingClient client(gateway_->port());
    client.Send(StrCat(method, " /_matrix/client/v3/", path, " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n",
                       "Authorization: Bearer ", token, "\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
    return client.ReadAll();
  }

  json::Object Ask(std::string_view method, std::string_view path, std::string_view token, std::string_view body = "") {
    const std::string answer = Exchange(method, path, token, body);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << method << " " << path << ": " << answer;
    return json::ParseObject(answer.substr(answer.find("\r\n\r\n") + 4)).value_or(json::Object());
  }

  std::string Register(std::string_view name) {
    const json::Object answer = Ask("POST", "register", "none",
                                    StrCat("{\"username\":\"", name, "\",\"password\":\"hush hush\",",
                                           "\"auth\":{\"type\":\"m.login.dummy\"}}"));
    return std::string(json::StringOr(answer, "access_token", ""));
  }

  // A new account's profile is made a little later.
  void AwaitProfile(std::string_view user_id) {
    const absl::Time end = absl::Now() + absl::Seconds(30);
    const std::string path = StrCat("profile/", user_id);
    while (!Exchange("GET", path, "none", "").starts_with("HTTP/1.1 200") && absl::Now() < end) std::this_thread::yield();
  }

  std::string MakeRoom(std::string_view token) {
    return std::string(json::StringOr(Ask("POST", "createRoom", token, "{\"preset\":\"public_chat\"}"), "room_id", ""));
  }

  std::string Send(std::string_view token, std::string_view room, std::string_view txn) {
    return std::string(json::StringOr(Ask("PUT", StrCat("rooms/", room, "/send/m.room.message/", txn), token,
                                          "{\"msgtype\":\"m.text\",\"body\":\"hi\"}"),
                                      "event_id", ""));
  }

  std::string Sync(std::string_view token, std::string_view since, int timeout_ms) {
    const json::Object answer = Ask("GET", StrCat("sync?timeout=", timeout_ms, "&since=", since), token);
    return std::string(json::StringOr(answer, "next_batch", ""));
  }

  // The token of a sync that has nothing more to say.
  std::string SyncToEnd(std::string_view token) {
    std::string since = std::string(json::StringOr(Ask("GET", "sync", token), "next_batch", ""));
    for (std::string next; (next = Sync(token, since, 0)) != since;) since = next;
    return since;
  }

  // A sync that waits for news; made when it does. What is late of before (presence) may end it first: it waits anew then.
  class WaitingSync {
   public:
    WaitingSync(Budget& budget, const std::string& token, std::string since)
        : thread_([&budget, token, since]() mutable {
            while (!budget.news_sent_) since = budget.Sync(token, since, 10'000);
          }) {
      const absl::Time end = absl::Now() + absl::Seconds(30);
      while (!budget.OneIsParked() && absl::Now() < end) std::this_thread::yield();
      EXPECT_TRUE(budget.OneIsParked());
    }
    ~WaitingSync() { thread_.join(); }

   private:
    std::thread thread_;
  };

  bool OneIsParked() { return registry_.Text().find("parley_gateway_parked_syncs 1") != std::string::npos; }

  void Reset() {
    hops_.Reset();
    commits_.commits = 0;
  }

  const Targets targets_ = *Targets::Parse("all");
  const crypto::SigningKey key_ = crypto::SigningKey::Generate(Rng::System());
  TemporaryFolder folder_;
  Config config_;
  CountHops hops_;
  CountCommits commits_;
  std::atomic<bool> news_sent_ = false;
  metrics::Registry registry_;
  bus::MemoryBus bus_;
  Peers peers_{hops_};
  rpc::Dispatcher dispatcher_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<LocalServices> services_;
  std::unique_ptr<GatewayPart> gateway_;
};

TEST_F(Budget, ASendIsOneCallAndOneCommit) {
  const std::string alice = Register("alice");
  const std::string room = MakeRoom(alice);
  Send(alice, room, "warm");
  Reset();
  Send(alice, room, "counted");
  EXPECT_EQ(hops_.ToString(), "events.Send 1");
  EXPECT_EQ(commits_.commits, 1);
}

// The change and its record with the user. The name and avatar that go into the event (S61) are asked for when this
// gateway meets the user, and again after a change of them.
TEST_F(Budget, AJoinIsTwoCalls) {
  const std::string alice = Register("alice"), bob = Register("bob");
  AwaitProfile("@bob:test");
  const std::string first = MakeRoom(alice), second = MakeRoom(alice), third = MakeRoom(alice);
  Ask("POST", StrCat("join/", first), bob, "{}");
  Reset();
  Ask("POST", StrCat("join/", second), bob, "{}");
  EXPECT_EQ(hops_.ToString(), "accounts.RecordMembership 1, events.ChangeMembership 1");
  Ask("PUT", "profile/@bob:test/displayname", bob, "{\"displayname\":\"Robert\"}");
  Ask("POST", StrCat("join/", third), bob, "{}");
  const json::Object member = Ask("GET", StrCat("rooms/", third, "/state/m.room.member/@bob:test"), alice);
  EXPECT_EQ(json::StringOr(member, "displayname", ""), "Robert");
}

TEST_F(Budget, NewsOfOneRoomAreOneCall) {
  const std::string alice = Register("alice"), bob = Register("bob");
  const std::string room = MakeRoom(alice);
  Ask("POST", StrCat("join/", room), bob, "{}");
  Send(alice, room, "warm");
  const std::string since = SyncToEnd(bob);
  {
    WaitingSync waiting(*this, bob, since);
    Reset();
    news_sent_ = true;
    Send(alice, room, "counted");
  }
  EXPECT_EQ(hops_.ToString(), "events.ReadSince 1, events.Send 1");
}

TEST_F(Budget, AParkedSyncThatNothingWakesIsNone) {
  const std::string bob = Register("bob");
  std::string before, since = SyncToEnd(bob);
  for (int round = 0; round < 20 && before != since; ++round) {  // bob's own presence may still be on its way
    Reset();
    before = std::exchange(since, Sync(bob, since, 200));
  }
  EXPECT_EQ(before, since);
  EXPECT_EQ(hops_.ToString(), "");
  EXPECT_EQ(commits_.commits, 0);
}

}  // namespace
}  // namespace parley
