#include "services/federation/sender.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/bus/memory_bus.h"
#include "common/json/value.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/manual_clock.h"
#include "common/testing/seeded_rng.h"
#include "common/testing/temporary_folder.h"
#include "services/federation/store.h"

namespace parley::federation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kServer[] = "a.test";
constexpr absl::Duration kPatience = absl::Seconds(20);

// A room with one other server; its events are numbered and stand in partition 0.
class FakeRooms final : public events::RoomFederationFake {
 public:
  void Say(bus::Bus& bus) {
    int64_t position = 0;
    {
      absl::MutexLock lock(&mutex_);
      position = ++head_;
    }
    bus.Publish({"events_outbound", 0, position, "!room"});
  }

  absl::StatusOr<events::v1::ListOutboundResponse> ListOutbound(
      const rpc::Call&, const events::v1::ListOutboundRequest& request) override {
    absl::MutexLock lock(&mutex_);
    events::v1::ListOutboundResponse response;
    for (const auto& since : request.since()) {
      common::v1::Head& head = *response.add_heads();
      head.set_partition(since.partition());
      if (since.partition() != 0) continue;
      int64_t position = since.position();
      while (position < head_ && response.events_size() < static_cast<int>(request.limit())) {
        events::v1::OutboundEvent& event = *response.add_events();
        event.set_position(++position);
        event.add_destinations(kServer);
      }
      head.set_position(position);
    }
    return response;
  }

  absl::StatusOr<events::v1::ReadOutboundResponse> ReadOutbound(
      const rpc::Call&, const events::v1::ReadOutboundRequest& request) override {
    events::v1::ReadOutboundResponse response;
    for (const int64_t position : request.positions()) response.add_pdus(std::to_string(position));
    return response;
  }

  absl::StatusOr<events::v1::ListRoomServersResponse> ListRoomServers(
      const rpc::Call&, const events::v1::ListRoomServersRequest&) override {
    events::v1::ListRoomServersResponse response;
    response.add_servers(kServer);
    response.add_servers("own.test");
    return response;
  }

 private:
  absl::Mutex mutex_;
  int64_t head_ = 0;
};

class FakeEvents final : public events::EventsFake {
 public:
  absl::StatusOr<common::v1::HeadsResponse> Heads(const rpc::Call&,
                                                  const common::v1::HeadsRequest&) override {
    return common::v1::HeadsResponse();
  }
};

// The other server: remembers what it took, in order.
class FakeServer {
 public:
  absl::StatusOr<RequestResponse> Take(const RequestRequest& request) {
    absl::MutexLock lock(&mutex_);
    if (status_ == 0) return absl::UnavailableError("refused");
    RequestResponse response;
    const auto body = json::ParseObject(request.body());
    EXPECT_TRUE(body.ok()) << request.body();
    response.set_status(Refuses(*body) ? 400 : status_);
    if (response.status() != 200) return response;
    for (const json::Value& pdu : *json::FindArray(*body, "pdus")) pdus_.push_back(*pdu.AsInt());
    for (const json::Value& edu : *json::FindArray(*body, "edus")) {
      edus_.push_back(json::Serialize(edu));
    }
    return response;
  }

  // 0: it can't be reached.
  void Answer(uint32_t status) {
    absl::MutexLock lock(&mutex_);
    status_ = status;
  }
  // Whatever holds this event.
  void Refuse(int64_t pdu) {
    absl::MutexLock lock(&mutex_);
    refused_ = pdu;
  }
  std::vector<int64_t> WaitForPdus(size_t count) {
    return Wait([this, count]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return pdus_.size() >= count; },
                pdus_);
  }
  std::vector<std::string> WaitForEdus(size_t count) {
    return Wait([this, count]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return edus_.size() >= count; },
                edus_);
  }

 private:
  template <class Condition, class Value>
  Value Wait(Condition condition, const Value& value) {
    absl::MutexLock lock(&mutex_);
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&condition), kPatience));
    return value;
  }

  bool Refuses(const json::Object& body) const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    const json::Array& pdus = *json::FindArray(body, "pdus");
    return std::any_of(pdus.begin(), pdus.end(),
                       [this](const json::Value& pdu) { return *pdu.AsInt() == refused_; });
  }

  absl::Mutex mutex_;
  uint32_t status_ = 200;
  int64_t refused_ = 0;
  std::vector<int64_t> pdus_;
  std::vector<std::string> edus_;
};

class SenderTest : public ::testing::Test {
 protected:
  SenderTest() {
    config_.server_name = "own.test";
    config_.partitions = 4;
    auto store = store::OpenSqlite({.path = folder_.path() + "/parley.db"}, Migrations());
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    Restart();
  }

  void Restart() {
    sender_.reset();
    streams_.reset();
    auto streams = stream::Streams::Open(*store_, bus_, kStream, config_.partitions);
    ASSERT_TRUE(streams.ok());
    streams_ = *std::move(streams);
    auto sender =
        Sender::Open(config_, {*store_, *streams_, bus_, events_, rooms_, clock_, rng_, metrics_,
                               [this](const rpc::Call&, const RequestRequest& request) {
                                 return server_.Take(request);
                               }});
    ASSERT_TRUE(sender.ok()) << sender.status();
    sender_ = *std::move(sender);
    sender_->Start();
  }

  void SendEdu(const std::string& json, bool durable, const std::string& key = "") {
    SendEdusRequest request;
    Edu& edu = *request.add_edus();
    edu.add_room_ids("!room");
    edu.set_json(json);
    edu.set_durable(durable);
    edu.set_key(key);
    ASSERT_TRUE(sender_->SendEdus({}, request).ok());
  }

  // Until the server's failure is known, and not only felt.
  Destination WaitUntilItFails() {
    ListDestinationsResponse listed;
    while (listed.destinations().empty() || listed.destinations(0).failures() == 0) {
      listed = sender_->ListDestinations({});
      std::this_thread::yield();
    }
    return listed.destinations(0);
  }

  TemporaryFolder folder_;
  bus::MemoryBus bus_;
  parley::testing::ManualClock clock_;
  parley::testing::SeededRng rng_{1};
  metrics::Registry registry_;
  const SenderMetrics metrics_{registry_};
  Config config_;
  FakeRooms rooms_;
  FakeEvents events_;
  FakeServer server_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<stream::Streams> streams_;
  std::unique_ptr<Sender> sender_;
};

TEST_F(SenderTest, SendsEventsInTheirOrder) {
  for (int i = 0; i < 3; ++i) rooms_.Say(bus_);
  EXPECT_THAT(server_.WaitForPdus(3), ElementsAre(1, 2, 3));
}

TEST_F(SenderTest, AServerThatWasDownGetsEverythingOnceWhenItSpeaks) {
  server_.Answer(0);
  for (int i = 0; i < 120; ++i) rooms_.Say(bus_);
  WaitUntilItFails();
  server_.Answer(200);
  sender_->RecordAlive(kServer);
  const std::vector<int64_t> pdus = server_.WaitForPdus(120);
  for (int64_t i = 0; i < 120; ++i) EXPECT_EQ(pdus[i], i + 1);
}

TEST_F(SenderTest, WhatAServerRefusesIsDroppedAlone) {
  server_.Answer(0);
  for (int i = 0; i < 20; ++i) rooms_.Say(bus_);
  WaitUntilItFails();
  server_.Refuse(7);
  server_.Answer(200);
  sender_->RecordAlive(kServer);
  const std::vector<int64_t> pdus = server_.WaitForPdus(19);
  EXPECT_EQ(std::count(pdus.begin(), pdus.end(), 7), 0);
  EXPECT_TRUE(std::is_sorted(pdus.begin(), pdus.end()));
}

TEST_F(SenderTest, AServerThatRefusesEverythingLosesNothing) {
  server_.Answer(0);
  for (int i = 0; i < 50; ++i) rooms_.Say(bus_);
  WaitUntilItFails();
  server_.Answer(400);
  sender_->RecordAlive(kServer);
  while (sender_->ListDestinations({}).destinations(0).failures() < 2) std::this_thread::yield();
  server_.Answer(200);
  sender_->RecordAlive(kServer);
  EXPECT_EQ(server_.WaitForPdus(50).back(), 50);
}

TEST_F(SenderTest, AServerThatRefusesEverythingDoesNotLoseASingleEventEither) {
  server_.Answer(400);
  rooms_.Say(bus_);
  WaitUntilItFails();
  server_.Answer(200);
  sender_->RecordAlive(kServer);
  EXPECT_EQ(server_.WaitForPdus(1).back(), 1);
}

TEST_F(SenderTest, OfTooManyDurableEdusTheOldestAreForgotten) {
  server_.Answer(0);
  SendEdusRequest request;
  for (int n = 1; n <= 10'005; ++n) {
    Edu& edu = *request.add_edus();
    edu.add_destinations(kServer);
    edu.set_json(std::to_string(n));
    edu.set_durable(true);
  }
  ASSERT_TRUE(sender_->SendEdus({}, request).ok());
  WaitUntilItFails();
  server_.Answer(200);
  sender_->RecordAlive(kServer);
  const std::vector<std::string> edus = server_.WaitForEdus(10'000);
  EXPECT_EQ(edus.size(), 10'000u);
  EXPECT_EQ(edus.front(), "6");
}

TEST_F(SenderTest, WhatWasNotTakenIsSentAfterARestart) {
  server_.Answer(500);
  rooms_.Say(bus_);
  SendEdu(R"({"n":1})", /*durable=*/true);
  WaitUntilItFails();
  sender_->Tick();
  Restart();
  server_.Answer(200);
  sender_->RecordAlive(kServer);
  EXPECT_THAT(server_.WaitForPdus(1), ElementsAre(1));
  EXPECT_THAT(server_.WaitForEdus(1), ElementsAre(R"({"n":1})"));
}

TEST_F(SenderTest, WhatWasTakenIsNotSentAgainAfterARestart) {
  rooms_.Say(bus_);
  SendEdu(R"({"n":1})", /*durable=*/true);
  server_.WaitForPdus(1);
  server_.WaitForEdus(1);
  sender_->Tick();
  Restart();
  rooms_.Say(bus_);
  SendEdu(R"({"n":2})", /*durable=*/true);
  EXPECT_THAT(server_.WaitForPdus(2), ElementsAre(1, 2));
  EXPECT_THAT(server_.WaitForEdus(2), ElementsAre(R"({"n":1})", R"({"n":2})"));
}

TEST_F(SenderTest, OfDurableEdusWithOneKeyTheLastIsSent) {
  server_.Answer(0);
  SendEdu(R"({"n":1})", /*durable=*/true, "device_list @a:own.test");
  WaitUntilItFails();
  SendEdu(R"({"n":2})", /*durable=*/true, "device_list @a:own.test");
  server_.Answer(200);
  sender_->RecordAlive(kServer);
  EXPECT_THAT(server_.WaitForEdus(1), ElementsAre(R"({"n":2})"));
}

TEST_F(SenderTest, AServerThatIsDownGetsNoFleetingEdus) {
  server_.Answer(0);
  rooms_.Say(bus_);
  WaitUntilItFails();
  SendEdu(R"({"n":1})", /*durable=*/false);
  server_.Answer(200);
  sender_->RecordAlive(kServer);
  server_.WaitForPdus(1);
  EXPECT_THAT(server_.WaitForEdus(0), IsEmpty());
}

TEST_F(SenderTest, TellsHowAServerStands) {
  server_.Answer(0);
  rooms_.Say(bus_);
  const Destination destination = WaitUntilItFails();
  EXPECT_EQ(destination.server_name(), kServer);
  EXPECT_EQ(destination.last_error(), "refused");
}

}  // namespace
}  // namespace parley::federation
