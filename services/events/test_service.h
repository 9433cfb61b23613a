#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <gtest/gtest.h>

#include "common/bus/memory_bus.h"
#include "common/crypto/sign.h"
#include "common/json/value.h"
#include "common/rpc/channel.h"
#include "common/status/matrix_error.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/manual_clock.h"
#include "common/testing/seeded_rng.h"
#include "common/testing/temporary_folder.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/events/service.h"
#include "services/events/store.h"

namespace parley::events {

// `accounts`, as far as this service calls it: remembers "user room membership".
class RecordingAccounts final : public rpc::Channel {
 public:
  absl::Status Unary(const rpc::Method&, const rpc::Call&, const google::protobuf::MessageLite& request,
                     google::protobuf::MessageLite&) override {
    absl::MutexLock lock(&mutex_);
    if (!answer_.ok()) return answer_;
    ++calls_;
    accounts::RecordMembershipRequest told;
    if (told.ParseFromString(request.SerializeAsString()) && told.has_membership()) {
      told_.push_back(absl::StrCat(told.user_id(), " ", told.membership().membership()));
    }
    return absl::OkStatus();
  }

  void SetAnswer(absl::Status answer) {
    absl::MutexLock lock(&mutex_);
    answer_ = std::move(answer);
  }
  std::vector<std::string> TakeTold() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(told_, {});
  }
  int calls() const {
    absl::MutexLock lock(&mutex_);
    return calls_;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Status answer_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> told_ ABSL_GUARDED_BY(mutex_);
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

// A store whose next commits fail on demand, as a whole and before anything is written.
class FaultyStore final : public store::Store {
 public:
  explicit FaultyStore(std::unique_ptr<store::Store> real) : real_(std::move(real)) {}

  void FailNext(int commits) { failures_ = commits; }

  absl::Status Enqueue(store::Batch batch, std::optional<store::Fence> fence, store::CommitDone done) override {
    if (!batch.empty() && failures_ > 0 && failures_-- > 0) {
      for (int twice = 0; twice < 2; ++twice) batch.Insert("events_outbox", {{"p", 0}, {"pos", -1}});
    }
    return real_->Enqueue(std::move(batch), fence, std::move(done));
  }
  absl::Status Read(absl::FunctionRef<absl::Status(store::Reader&)> read) override {
    ++reads_;
    return real_->Read(read);
  }
  int reads() const { return reads_; }
  absl::StatusOr<std::vector<store::StreamState>> TakeOver(std::string_view service,
                                                           absl::Span<const Partition> partitions) override {
    return real_->TakeOver(service, partitions);
  }
  uint64_t incarnation() const override { return real_->incarnation(); }

 private:
  const std::unique_ptr<store::Store> real_;
  std::atomic<int> failures_ = 0;
  std::atomic<int> reads_ = 0;
};

// "200", or "403 M_FORBIDDEN".
inline std::string Outcome(const absl::Status& status) {
  if (status.ok()) return "200";
  const MatrixError error = FromStatus(status);
  return absl::StrCat(error.http_status, " ", error.errcode);
}

// The service over a real store in a folder of its own, with a clock that stands still. Users are named by their localparts.
class TestService {
 public:
  explicit TestService(const std::string& synchronous = "OFF") : synchronous_(synchronous) {
    config_.partitions = 16;
    Restart();
  }

  // Everything in memory is gone, the store stays.
  void Restart() {
    service_.reset();
    store_.reset();
    store::SqliteOptions options{.path = path()};
    options.synchronous = synchronous_;
    auto store = store::OpenSqlite(options, Migrations());
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = std::make_unique<FaultyStore>(*std::move(store));
    auto service = Service::Open(config_, {*store_, bus_, key_, clock_, rng_, accounts_client_, owners_, room_owners_});
    EXPECT_TRUE(service.ok()) << service.status();
    service_ = *std::move(service);
    owners_.Connect(*service_);
    room_owners_.Connect(service_->federation());
  }
  void Close() {
    service_.reset();
    store_.reset();
  }

  Service* operator->() { return service_.get(); }
  FaultyStore& store() { return *store_; }
  testing::ManualClock& clock() { return clock_; }
  RecordingAccounts& accounts() { return accounts_; }
  const crypto::SigningKey& key() const { return key_; }
  Rng& rng() { return rng_; }
  bus::Bus& bus() { return bus_; }
  accounts::AccountsService& accounts_client() { return accounts_client_; }
  EventsService& owners() { return owners_; }
  RoomFederationService& room_owners() { return room_owners_; }
  Config& config() { return config_; }
  std::string path() const { return folder_.path() + "/parley.db"; }

  static std::string Id(const std::string& user) { return "@" + user + ":localhost"; }
  static common::v1::Requester As(const std::string& user, const std::string& device = "DEVICE") {
    common::v1::Requester requester;
    requester.set_user_id(Id(user));
    requester.set_device_id(device);
    return requester;
  }

  absl::StatusOr<std::string> TryCreate(const std::string& user, const std::string& body = "{}") {
    v1::CreateRoomRequest request;
    *request.mutable_requester() = As(user);
    request.set_body(body);
    request.mutable_profile()->set_displayname(user);
    auto response = service_->CreateRoom({}, request);
    if (!response.ok()) return response.status();
    return response->room_id();
  }
  std::string Create(const std::string& user, const std::string& body = "{}") {
    auto room = TryCreate(user, body);
    EXPECT_TRUE(room.ok()) << room.status();
    return room.ok() ? *room : "";
  }

  static v1::SendRequest SendRequestOf(const std::string& user, const std::string& room, const std::string& type,
                                       const std::string& content, const std::string& txn = "") {
    v1::SendRequest request;
    *request.mutable_requester() = As(user);
    request.set_room_id(room);
    request.set_type(type);
    request.set_content(content);
    request.set_txn_id(txn);
    return request;
  }
  absl::StatusOr<std::string> Send(const v1::SendRequest& request) {
    auto response = service_->Send({}, request);
    if (!response.ok()) return response.status();
    return response->event_id();
  }
  absl::StatusOr<std::string> Say(const std::string& user, const std::string& room, const std::string& text,
                                  const std::string& txn = "") {
    const json::Object content{{"msgtype", "m.text"}, {"body", text}};
    return Send(SendRequestOf(user, room, "m.room.message", json::Serialize(content), txn));
  }
  absl::StatusOr<std::string> SetState(const std::string& user, const std::string& room, const std::string& type,
                                       const std::string& content, const std::string& key = "") {
    v1::SendRequest request = SendRequestOf(user, room, type, content);
    request.set_state_key(key);
    return Send(request);
  }

  absl::Status Change(const std::string& user, const std::string& room, v1::MembershipAction action,
                      const std::string& target = "", const std::string& txn = "",
                      const std::string& displayname = "") {
    v1::ChangeMembershipRequest request;
    *request.mutable_requester() = As(user);
    request.set_room_id(room);
    request.set_action(action);
    request.set_target_user_id(Id(target.empty() ? user : target));
    request.set_txn_id(txn);
    request.mutable_profile()->set_displayname(displayname.empty() ? user : displayname);
    return service_->ChangeMembership({}, request).status();
  }
  absl::Status Join(const std::string& user, const std::string& room) {
    return Change(user, room, v1::MEMBERSHIP_ACTION_JOIN);
  }

  // The content of a state event as a user reads it; an error's text if there is none.
  std::string State(const std::string& user, const std::string& room, const std::string& type,
                    const std::string& key = "") {
    v1::GetStateEventRequest request;
    *request.mutable_requester() = As(user);
    request.set_room_id(room);
    request.set_type(type);
    request.set_state_key(key);
    const auto response = service_->GetStateEvent({}, request);
    return response.ok() ? response->json() : Outcome(response.status());
  }

  // Types of the room's events in the store, in order; state keys that are not empty behind them.
  std::vector<std::string> Events(const std::string& room) {
    std::vector<std::string> events;
    const Partition p = PartitionOf(room, config_.partitions);
    EXPECT_TRUE(store_->Read([&](store::Reader& db) -> absl::Status {
      const auto row = FindRoom(db, p, room);
      EXPECT_TRUE(row.ok() && *row) << room;
      if (!row.ok() || !*row) return absl::OkStatus();
      return ScanForwards(db, p, (*row)->nid, 0, 100'000, [&](const EventRow& event) {
        events.push_back(event.type + (event.state_key.value_or("").empty() ? "" : " " + *event.state_key));
        return true;
      });
    }).ok());
    return events;
  }

 private:
  static crypto::SigningKey Key() { return *crypto::SigningKey::FromSeed("a_test", std::string(32, 'k')); }

  const std::string synchronous_;
  TemporaryFolder folder_;
  Config config_;
  testing::ManualClock clock_;
  testing::SeededRng rng_;
  bus::MemoryBus bus_;
  const crypto::SigningKey key_ = Key();
  RecordingAccounts accounts_;
  accounts::AccountsClient accounts_client_{accounts_};
  EventsLink owners_{rpc::NoObserver()};
  RoomFederationLink room_owners_{rpc::NoObserver()};
  std::unique_ptr<FaultyStore> store_;
  std::unique_ptr<Service> service_;
};

}  // namespace parley::events
