#include "services/calls/service.h"

#include <atomic>
#include <map>

#include <gtest/gtest.h>

#include "common/base/partition.h"
#include "common/bus/memory_bus.h"
#include "common/json/value.h"
#include "common/status/matrix_error.h"
#include "common/status/wrong_owner.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/manual_clock.h"
#include "common/testing/seeded_rng.h"
#include "common/testing/temporary_folder.h"
#include "services/calls/store.h"

namespace parley::calls {
namespace {

constexpr char kRoom[] = "!room:a";

// `events`, as far as this service calls it: sends each transaction once, and keeps signals.
class FakeEvents final : public events::EventsFake {
 public:
  absl::StatusOr<events::SendResponse> Send(const rpc::Call&,
                                            const events::SendRequest& request) override {
    absl::MutexLock lock(&mutex_);
    if (!answer_.ok()) return answer_;
    std::string& event_id = sent_[request.txn_id()];
    if (event_id.empty()) {
      event_id = "$" + std::to_string(sent_.size());
      contents_.push_back(request.type() + " " + request.content());
    }
    events::SendResponse response;
    response.set_event_id(event_id);
    return response;
  }

  absl::StatusOr<events::ListCallSignalsResponse> ListCallSignals(
      const rpc::Call&, const events::ListCallSignalsRequest& request) override {
    absl::MutexLock lock(&mutex_);
    events::ListCallSignalsResponse response;
    for (const auto& since : request.since()) {
      auto& head = *response.add_heads();
      head.set_partition(since.partition());
      head.set_position(static_cast<int64_t>(signals_.size()));
      for (const auto& signal : signals_) {
        if (signal.partition() == since.partition() && signal.position() > since.position()) {
          *response.add_signals() = signal;
        }
      }
    }
    return response;
  }
  absl::StatusOr<common::v1::HeadsResponse> Heads(const rpc::Call&,
                                                  const common::v1::HeadsRequest&) override {
    return common::v1::HeadsResponse();
  }

  // Returns the position.
  int64_t Add(Partition p, const std::string& type, const std::string& sender,
              const std::string& content, int64_t at) {
    absl::MutexLock lock(&mutex_);
    events::CallSignal& signal = signals_.emplace_back();
    signal.set_partition(p);
    signal.set_position(static_cast<int64_t>(signals_.size()));
    signal.set_room_id(kRoom);
    signal.set_event_id("$signal" + std::to_string(signals_.size()));
    signal.set_type(type);
    signal.set_sender(sender);
    signal.set_origin_server_ts(at);
    signal.set_seen_at(at);
    signal.set_content(content);
    return signal.position();
  }

  void SetAnswer(absl::Status answer) {
    absl::MutexLock lock(&mutex_);
    answer_ = std::move(answer);
  }
  std::vector<std::string> contents() const {
    absl::MutexLock lock(&mutex_);
    return contents_;
  }
  // Waits until so many were sent.
  void WaitForSent(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto done = [&]()
                          ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return contents_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&done), absl::Seconds(60)));
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Status answer_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> sent_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> contents_ ABSL_GUARDED_BY(mutex_);
  std::vector<events::CallSignal> signals_ ABSL_GUARDED_BY(mutex_);
};

std::string Outcome(const absl::Status& status) {
  if (status.ok()) return "200";
  const MatrixError error = FromStatus(status);
  return std::to_string(error.http_status) + " " + error.errcode;
}

class CallsServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.partitions = 16;
    store_ = *store::OpenSqlite({.path = folder_.path() + "/store.db", .synchronous = "OFF"},
                                Migrations());
    Restart();
  }

  // All that is in memory is gone.
  void Restart() {
    service_.reset();
    registry_ = std::make_unique<metrics::Registry>();
    service_ = *Service::Open(config_, {*store_, bus_, events_, clock_, rng_, *registry_});
    service_->Start();
  }

  std::string TurnServer() {
    GetTurnServerRequest request;
    request.mutable_requester()->set_user_id("@alice:a");
    return service_->GetTurnServer({}, request)->json();
  }

  static ScheduleDelayedRequest Delayed(int64_t delay_ms, const std::string& txn = "",
                                        const std::string& user = "@alice:a") {
    ScheduleDelayedRequest request;
    request.mutable_requester()->set_user_id(user);
    request.mutable_requester()->set_device_id("A");
    request.set_room_id(kRoom);
    request.set_type("m.test");
    request.set_content("{}");
    request.set_txn_id(txn);
    request.set_delay_ms(delay_ms);
    return request;
  }
  std::string Schedule(int64_t delay_ms, const std::string& txn = "") {
    return service_->ScheduleDelayed({}, Delayed(delay_ms, txn))->delay_id();
  }
  std::string Update(const std::string& delay_id, DelayedAction action) {
    UpdateDelayedRequest request;
    request.set_delay_id(delay_id);
    request.set_action(action);
    return Outcome(service_->UpdateDelayed({}, request).status());
  }
  std::vector<std::string> List(bool scheduled, bool finalised) {
    ListDelayedRequest request;
    request.mutable_requester()->set_user_id("@alice:a");
    request.set_scheduled(scheduled);
    request.set_finalised(finalised);
    const auto response = service_->ListDelayed({}, request);
    return {response->delayed_events().begin(), response->delayed_events().end()};
  }
  void WaitUntilFinalised(size_t count) {
    while (List(false, true).size() < count) absl::SleepFor(absl::Milliseconds(5));
  }

  void Call(const std::string& type, const std::string& sender, const std::string& content) {
    const Partition p = PartitionOf(kRoom, config_.partitions);
    const int64_t position = events_.Add(p, type, sender, content, clock_.NowMs());
    bus_.Publish({"call_signals", p, position, kRoom});
  }
  std::string RoomCalls() {
    GetRoomCallsRequest request;
    request.set_room_id(kRoom);
    return service_->GetRoomCalls({}, request)->json();
  }
  void WaitForCalls(const std::string& part) {
    const absl::Time end = absl::Now() + absl::Seconds(20);
    while (RoomCalls().find(part) == std::string::npos && absl::Now() < end)
      absl::SleepFor(absl::Milliseconds(2));
    EXPECT_NE(RoomCalls().find(part), std::string::npos) << RoomCalls();
  }

  TemporaryFolder folder_;
  Config config_;
  ::parley::testing::ManualClock clock_{absl::FromUnixSeconds(1000)};
  ::parley::testing::SeededRng rng_;
  bus::MemoryBus bus_;
  FakeEvents events_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<metrics::Registry> registry_;
  std::unique_ptr<Service> service_;
};

TEST_F(CallsServiceTest, HasNoTurnServerUnlessConfigured) {
  EXPECT_EQ(TurnServer(), "{}");
}

// S79
TEST_F(CallsServiceTest, GivesCredentialsThatEnd) {
  config_.turn_uris = {"turn:turn.a?transport=udp", "turns:turn.a?transport=tcp"};
  config_.turn_secret = "secret";
  config_.turn_lifetime = absl::Seconds(60);
  EXPECT_EQ(TurnServer(), R"({"password":"4bJk4NUuI+c9wcUI3Xo/vLCDYwQ=","ttl":60,)"
                          R"("uris":["turn:turn.a?transport=udp","turns:turn.a?transport=tcp"],)"
                          R"("username":"1060:@alice:a"})");
}

TEST_F(CallsServiceTest, SaysWhereMatrixRtcCallsMeet) {
  EXPECT_EQ(service_->GetRtcTransports({}, {})->json(), R"({"rtc_transports":[]})");
  config_.livekit_service_url = "https://lk.a";
  EXPECT_EQ(service_->GetRtcTransports({}, {})->json(),
            R"({"rtc_transports":[{"livekit_service_url":"https://lk.a","type":"livekit"}]})");
}

TEST_F(CallsServiceTest, FollowsACallAndTellsItToTheRoom) {
  Call("m.call.invite", "@alice:a", R"({"call_id":"9","lifetime":60000})");
  WaitForCalls(R"("state":"ringing")");
  ReadSinceRequest request;
  request.add_room_ids(kRoom);
  ReadSinceResponse response = *service_->ReadSince({}, request);
  ASSERT_EQ(response.entries_size(), 1);
  EXPECT_EQ(response.entries(0).event(),
            R"({"content":{"calls":[{"call_id":"9","caller":"@alice:a","expires_ts":1060000,)"
            R"("invite_event_id":"$signal1","state":"ringing"}]},"type":"dev.parley.calls"})");
  *request.mutable_since() = response.heads();
  EXPECT_EQ(service_->ReadSince({}, request)->entries_size(), 0);
  Call("m.call.answer", "@bob:a", R"({"call_id":"9"})");
  WaitForCalls(R"("state":"connected")");
  EXPECT_EQ(service_->ReadSince({}, request)->entries_size(), 1);
}

// S84–S87
TEST_F(CallsServiceTest, TellsBothSidesWhichCallLives) {
  Call("m.call.invite", "@alice:a", R"({"call_id":"9","lifetime":60000})");
  Call("m.call.invite", "@bob:a", R"({"call_id":"10","lifetime":60000})");
  WaitForCalls(R"("supersedes":["9"])");
  EXPECT_NE(RoomCalls().find(R"("superseded_by":"10")"), std::string::npos);
  EXPECT_NE(registry_->Text().find("parley_calls_glare_total 1"), std::string::npos);
}

// S74
TEST_F(CallsServiceTest, AnInviteStopsRingingAfterItsLifetime) {
  Call("m.call.invite", "@alice:a", R"({"call_id":"9","lifetime":60000})");
  WaitForCalls(R"("state":"ringing")");
  clock_.Advance(absl::Seconds(60));
  service_->Tick();
  EXPECT_NE(RoomCalls().find(R"("end_reason":"expired")"), std::string::npos);
  clock_.Advance(absl::Seconds(61));
  service_->Tick();
  EXPECT_EQ(RoomCalls(), R"({"calls":[]})");
}

TEST_F(CallsServiceTest, KnowsItsCallsAgainAfterARestart) {
  Call("m.call.invite", "@alice:a", R"({"call_id":"9","lifetime":60000})");
  Call("m.call.answer", "@bob:a", R"({"call_id":"9"})");
  WaitForCalls(R"("state":"connected")");
  const std::string before = RoomCalls();
  ReadSinceRequest request;
  request.add_room_ids(kRoom);
  *request.mutable_since() = service_->ReadSince({}, request)->heads();
  clock_.Advance(absl::Seconds(5));
  Restart();
  WaitForCalls(R"("state":"connected")");
  EXPECT_EQ(RoomCalls(), before);
  // A token of the older life is told again.
  EXPECT_EQ(service_->ReadSince({}, request)->entries_size(), 1);
}

TEST_F(CallsServiceTest, WhoComesToOwnAPartitionKnowsItsCallsAndSendsWhatIsDue) {
  Call("m.call.invite", "@alice:a", R"({"call_id":"9","lifetime":60000})");
  WaitForCalls(R"("state":"ringing")");
  const std::string id = Schedule(5000);
  const Partition p = PartitionOf(kRoom, config_.partitions);
  service_->ClosePartitions({p});
  EXPECT_EQ(RoomCalls(), R"({"calls":[]})");
  UpdateDelayedRequest restart;
  restart.set_delay_id(id);
  restart.set_action(DELAYED_ACTION_RESTART);
  EXPECT_TRUE(IsWrongOwner(service_->UpdateDelayed({}, restart).status()));
  EXPECT_EQ(service_->Heads({}, {})->heads_size(), 15);

  metrics::Registry registry;
  auto other = std::make_unique<Service>(
      config_, Service::Deps{*store_, bus_, events_, clock_, rng_, registry});
  other->Start();
  ASSERT_TRUE(other->OpenPartitions({p}).ok());
  other.swap(service_);
  WaitForCalls(R"("state":"ringing")");
  clock_.Advance(absl::Seconds(6));
  events_.WaitForSent(1);
  WaitUntilFinalised(1);
  EXPECT_EQ(events_.contents().size(), 1u);
}

TEST_F(CallsServiceTest, SendsADelayedEventWhenItsTimeHasCome) {
  const std::string id = Schedule(5000);
  EXPECT_EQ(List(true, false).size(), 1u);
  clock_.Advance(absl::Milliseconds(4999));
  absl::SleepFor(
      absl::Milliseconds(150));  // three ticks of the wheel: it had its chance to be early
  EXPECT_TRUE(events_.contents().empty());
  clock_.Advance(absl::Milliseconds(100));
  events_.WaitForSent(1);
  WaitUntilFinalised(1);
  EXPECT_EQ(Update(id, DELAYED_ACTION_SEND), "200");
  EXPECT_EQ(Update(id, DELAYED_ACTION_CANCEL), "409 M_UNKNOWN");
  EXPECT_EQ(Update(id, DELAYED_ACTION_RESTART), "409 M_UNKNOWN");
  EXPECT_NE(List(false, true)[0].find(R"("event_id":"$1")"), std::string::npos);
}

TEST_F(CallsServiceTest, RestartsCancelsAndSendsDelayedEvents) {
  const std::string restarted = Schedule(5000), cancelled = Schedule(5000), sent = Schedule(5000);
  EXPECT_EQ(Update(sent, DELAYED_ACTION_SEND), "200");
  EXPECT_EQ(Update(cancelled, DELAYED_ACTION_CANCEL), "200");
  EXPECT_EQ(Update(cancelled, DELAYED_ACTION_CANCEL), "200");
  EXPECT_EQ(Update(cancelled, DELAYED_ACTION_SEND), "409 M_UNKNOWN");
  clock_.Advance(absl::Milliseconds(4000));
  EXPECT_EQ(Update(restarted, DELAYED_ACTION_RESTART), "200");
  clock_.Advance(absl::Milliseconds(4000));
  absl::SleepFor(absl::Milliseconds(150));  // as above
  EXPECT_EQ(events_.contents().size(), 1u);
  clock_.Advance(absl::Milliseconds(1100));
  events_.WaitForSent(2);
  EXPECT_EQ(Update("delay_3_unknown", DELAYED_ACTION_SEND), "404 M_NOT_FOUND");
  EXPECT_EQ(Update("nonsense", DELAYED_ACTION_SEND), "404 M_NOT_FOUND");
}

TEST_F(CallsServiceTest, RefusesDelaysThatAreTooLongOrTooMany) {
  config_.max_delayed_per_user = 2;
  const auto outcome = [&](int64_t delay) {
    return Outcome(service_->ScheduleDelayed({}, Delayed(delay)).status());
  };
  EXPECT_EQ(outcome(0), "400 M_INVALID_PARAM");
  EXPECT_EQ(outcome(-1), "400 M_INVALID_PARAM");
  EXPECT_EQ(outcome(25 * 3'600'000), "400 M_MAX_DELAY_EXCEEDED");
  EXPECT_EQ(outcome(1000), "200");
  EXPECT_EQ(outcome(1000), "200");
  EXPECT_EQ(outcome(1000), "429 M_LIMIT_EXCEEDED");
}

TEST_F(CallsServiceTest, ATransactionSchedulesOnce) {
  const std::string id = Schedule(5000, "t1");
  EXPECT_EQ(Schedule(5000, "t1"), id);
  EXPECT_NE(Schedule(5000, "t2"), id);
  Restart();
  EXPECT_EQ(Schedule(5000, "t1"), id);
  EXPECT_EQ(Update(id, DELAYED_ACTION_CANCEL), "200");
  EXPECT_EQ(Schedule(5000, "t1"), id);
}

TEST_F(CallsServiceTest, ARefusedDelayedEventIsOverWithItsError) {
  events_.SetAnswer(Forbidden("not any more"));
  const std::string id = Schedule(1000);
  EXPECT_EQ(Update(id, DELAYED_ACTION_SEND), "403 M_FORBIDDEN");
  EXPECT_EQ(List(true, false).size(), 1u);
  clock_.Advance(absl::Seconds(2));
  WaitUntilFinalised(1);
  EXPECT_NE(List(false, true)[0].find("M_FORBIDDEN"), std::string::npos);
  EXPECT_EQ(Update(id, DELAYED_ACTION_CANCEL), "200");
}

TEST_F(CallsServiceTest, ADelayedEventSurvivesThatNobodyTakesIt) {
  events_.SetAnswer(absl::UnavailableError("down"));
  Schedule(1000);
  clock_.Advance(absl::Seconds(2));
  absl::SleepFor(absl::Milliseconds(150));  // it is tried, in vain
  Restart();
  events_.SetAnswer(absl::OkStatus());
  clock_.Advance(absl::Seconds(2));
  events_.WaitForSent(1);
  WaitUntilFinalised(1);
}

TEST_F(CallsServiceTest, ListsDelayedEventsInPagesByTheirTimes) {
  std::vector<std::string> ids;
  for (const int delay : {5000, 1000, 3000, 2000, 4000}) ids.push_back(Schedule(delay));
  ListDelayedRequest request;
  request.mutable_requester()->set_user_id("@alice:a");
  request.set_scheduled(true);
  request.set_limit(2);
  std::string delays;
  int pages = 0;
  do {
    const ListDelayedResponse page = *service_->ListDelayed({}, request);
    for (const std::string& event : page.delayed_events())
      delays += std::to_string(json::IntOr(*json::ParseObject(event), "delay", 0)) + " ";
    request.set_from(page.next_batch());
    ++pages;
  } while (!request.from().empty());
  EXPECT_EQ(delays, "1000 2000 3000 4000 5000 ");
  EXPECT_EQ(pages, 3);
  request.clear_from();
  request.add_delay_ids(ids[2]);
  request.add_delay_ids(ids[4]);
  const ListDelayedResponse two = *service_->ListDelayed({}, request);
  EXPECT_EQ(two.delayed_events_size(), 2);
  EXPECT_TRUE(two.next_batch().empty());
  request.set_from("nonsense");
  EXPECT_EQ(Outcome(service_->ListDelayed({}, request).status()), "400 M_INVALID_PARAM");
}

// Who schedules many for one moment does not get around the limits of sending.
TEST_F(CallsServiceTest, SendsOfOneUserOnlySoManyAtOnce) {
  config_.delayed_burst = 3;
  config_.delayed_per_second = 1;
  Restart();
  for (int i = 0; i < 5; ++i) Schedule(1000);
  clock_.Advance(absl::Milliseconds(1100));
  events_.WaitForSent(3);
  absl::SleepFor(absl::Milliseconds(150));  // three ticks of the wheel
  EXPECT_EQ(events_.contents().size(), 3u);
  clock_.Advance(absl::Milliseconds(1100));
  events_.WaitForSent(4);
  clock_.Advance(absl::Milliseconds(1100));
  events_.WaitForSent(5);
}

// 10,000 timers, restarted, their owner gone in between: none lost, none doubled, none early.
TEST_F(CallsServiceTest, LosesNoneOfTenThousandTimers) {
  config_.max_delayed_per_user = 10'000;
  config_.delayed_burst = 10'000;
  Restart();
  constexpr int kTimers = 10'000;
  std::vector<std::string> ids(kTimers);
  const auto in_parallel = [&](auto work) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 32; ++t) {
      threads.emplace_back([&, t] {
        for (int i = t; i < kTimers; i += 32) work(i);
      });
    }
    for (std::thread& thread : threads) thread.join();
  };
  in_parallel([&](int i) { ids[i] = Schedule(10'000); });
  for (int round = 0; round < 3; ++round) {
    clock_.Advance(absl::Seconds(5));
    in_parallel([&](int i) { EXPECT_EQ(Update(ids[i], DELAYED_ACTION_RESTART), "200"); });
    if (round == 1) Restart();
  }
  clock_.Advance(absl::Milliseconds(9'999));
  absl::SleepFor(absl::Milliseconds(150));  // three ticks of the wheel
  EXPECT_TRUE(events_.contents().empty());
  Restart();
  clock_.Advance(absl::Milliseconds(100));
  events_.WaitForSent(kTimers);
  WaitUntilFinalised(kTimers);
  EXPECT_EQ(events_.contents().size(), static_cast<size_t>(kTimers));
  EXPECT_TRUE(List(true, false).empty());
}

}  // namespace
}  // namespace parley::calls
