#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_split.h>
#include <absl/synchronization/mutex.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/http/uri.h"
#include "common/json/splice.h"
#include "parley/federation/v1/federation.parley.h"
#include "services/events/test_service.h"

namespace parley::events {

class TestServer;

// Several Parley servers in one process that reach each other: what the federation service and the
// gateway do in between is done here as far as the membership endpoints need it.
class TestNetwork {
 public:
  TestServer& Add(const std::string& name);
  TestServer* Find(const std::string& name) {
    const auto found = servers_.find(name);
    return found == servers_.end() || down_.contains(name) ? nullptr : found->second.get();
  }
  void SetDown(const std::string& name, bool is_down = true) {
    if (is_down) down_.insert(name);
    if (!is_down) down_.erase(name);
  }
  testing::ManualClock& clock() { return clock_; }

 private:
  testing::ManualClock clock_;
  std::map<std::string, std::unique_ptr<TestServer>> servers_;
  std::set<std::string> down_;
};

// `federation` of one server.
class NetworkFederation final : public federation::FederationFake {
 public:
  NetworkFederation(TestNetwork& network, std::string own)
      : network_(network), own_(std::move(own)) {}

  absl::StatusOr<federation::RequestResponse> Request(
      const rpc::Call& call, const federation::RequestRequest& request) override;
  absl::StatusOr<federation::GetServerKeysResponse> GetServerKeys(
      const rpc::Call& call, const federation::GetServerKeysRequest& request) override;

  // Requests made: "PUT two /_matrix/federation/v2/invite".
  std::vector<std::string> TakeRequests() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(requests_, {});
  }
  // Runs once, when the next join was taken by the other server and its answer is on the way.
  void AfterSendJoin(std::function<void()> action) { after_send_join_ = std::move(action); }

 private:
  TestNetwork& network_;
  const std::string own_;
  absl::Mutex mutex_;
  std::vector<std::string> requests_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> after_send_join_;
};

// The events service of one server, over a store of its own. Users are named by their localparts.
class TestServer {
 public:
  TestServer(TestNetwork& network, std::string name)
      : name_(std::move(name)),
        key_(*crypto::SigningKey::FromSeed(StrCat("a_", name_), std::string(32, name_.front()))),
        federation_(network, name_),
        network_(network) {
    config_.server_name = name_;
    config_.partitions = 16;
    auto store = store::OpenSqlite({.path = folder_.path() + "/parley.db", .synchronous = "OFF"},
                                   Migrations());
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto service = Service::Open(
        config_, {*store_, bus_, key_, network.clock(), rng_, accounts_client_, owners_, room_owners_,
                  &federation_});
    EXPECT_TRUE(service.ok()) << service.status();
    service_ = *std::move(service);
    owners_.Connect(*service_);
    room_owners_.Connect(service_->federation());
  }

  Service* operator->() { return service_.get(); }
  RoomFederationService& federation() { return service_->federation(); }
  NetworkFederation& requests() { return federation_; }
  RecordingAccounts& accounts() { return accounts_; }
  store::Store& store() { return *store_; }
  bus::Bus& bus() { return bus_; }
  const crypto::SigningKey& key() const { return key_; }
  const std::string& name() const { return name_; }

  std::string Id(const std::string& user) const {
    return absl::StartsWith(user, "@") ? user : StrCat("@", user, ":", name_);
  }
  common::v1::Requester As(const std::string& user) const {
    common::v1::Requester requester;
    requester.set_user_id(Id(user));
    requester.set_device_id("DEVICE");
    return requester;
  }

  std::string Create(const std::string& user, const std::string& body) {
    v1::CreateRoomRequest request;
    *request.mutable_requester() = As(user);
    request.set_body(body);
    request.mutable_profile()->set_displayname(user);
    const auto response = service_->CreateRoom({}, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->room_id() : "";
  }

  absl::Status Change(const std::string& user, const std::string& room, v1::MembershipAction action,
                      const std::string& target = "",
                      const std::vector<std::string>& servers = {}) {
    network_.clock().Advance(absl::Seconds(1));
    v1::ChangeMembershipRequest request;
    *request.mutable_requester() = As(user);
    request.set_room_id(room);
    request.set_action(action);
    request.set_target_user_id(Id(target.empty() ? user : target));
    if (target.empty()) request.mutable_profile()->set_displayname(user);
    for (const std::string& server : servers) request.add_servers(server);
    return service_->ChangeMembership({}, request).status();
  }
  absl::Status Join(const std::string& user, const std::string& room,
                    const std::vector<std::string>& servers = {}) {
    return Change(user, room, v1::MEMBERSHIP_ACTION_JOIN, "", servers);
  }
  absl::Status Invite(const std::string& user, const std::string& room, const std::string& target) {
    return Change(user, room, v1::MEMBERSHIP_ACTION_INVITE, target);
  }
  absl::Status Leave(const std::string& user, const std::string& room) {
    return Change(user, room, v1::MEMBERSHIP_ACTION_LEAVE);
  }

  absl::Status Say(const std::string& user, const std::string& room, const std::string& text) {
    v1::SendRequest request;
    *request.mutable_requester() = As(user);
    request.set_room_id(room);
    request.set_type("m.room.message");
    request.set_content(json::Serialize(json::Object{{"msgtype", "m.text"}, {"body", text}}));
    return service_->Send({}, request).status();
  }
  absl::Status SetState(const std::string& user, const std::string& room, const std::string& type,
                        const std::string& content) {
    v1::SendRequest request;
    *request.mutable_requester() = As(user);
    request.set_room_id(room);
    request.set_type(type);
    request.set_state_key("");
    request.set_content(content);
    return service_->Send({}, request).status();
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
  std::string MembershipOf(const std::string& reader, const std::string& room,
                           const std::string& user) {
    const std::string content = State(reader, room, "m.room.member", user);
    const auto parsed = json::ParseObject(content);
    return parsed.ok() ? std::string(json::StringOr(*parsed, "membership", "")) : content;
  }

  // What /sync asks for a room of which `accounts` was told last that the user has `membership` in
  // it.
  v1::RoomUpdate Sync(const std::string& user, const std::string& room,
                      const std::string& membership) {
    v1::ReadSinceRequest request;
    *request.mutable_requester() = As(user);
    v1::RoomSince& since = *request.add_rooms();
    since.set_room_id(room);
    since.set_membership(membership);
    since.set_membership_position(PositionIn(room, Id(user)));
    request.mutable_options()->set_timeline_limit(10);
    auto response = service_->ReadSince({}, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() && response->rooms_size() == 1 ? response->rooms(0) : v1::RoomUpdate();
  }

  // Where our events of all partitions go: "m.room.message → two three", oldest first.
  std::vector<std::string> Outbound() {
    v1::ListOutboundRequest request;
    for (Partition p = 0; p < config_.partitions; ++p) request.add_since()->set_partition(p);
    const auto response = federation().ListOutbound({}, request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> lines;
    for (const v1::OutboundEvent& event : response->events()) lines.push_back(LineOf(event));
    return lines;
  }

  // The last of our events that goes to `destination`.
  std::string OutboundPdu(const std::string& destination) {
    v1::ListOutboundRequest request;
    request.set_destination(destination);
    for (Partition p = 0; p < config_.partitions; ++p) request.add_since()->set_partition(p);
    const auto listed = federation().ListOutbound({}, request);
    EXPECT_TRUE(listed.ok() && listed->events_size() > 0) << listed.status();
    if (!listed.ok() || listed->events_size() == 0) return "";
    const v1::OutboundEvent& event = listed->events(listed->events_size() - 1);
    v1::ReadOutboundRequest read;
    read.set_destination(destination);
    read.set_partition(event.partition());
    read.add_positions(event.position());
    const auto pdus = federation().ReadOutbound({}, read);
    return pdus.ok() && pdus->pdus_size() == 1 ? pdus->pdus(0) : "";
  }

 private:
  int64_t PositionIn(const std::string& room, const std::string& user) {
    int64_t position = 0;
    const Partition p = PartitionOf(room, config_.partitions);
    EXPECT_TRUE(store_
                    ->Read([&](store::Reader& db) -> absl::Status {
                      const auto row = FindRemoteMembership(db, p, room, user);
                      if (row.ok() && *row) position = (*row)->pos;
                      return absl::OkStatus();
                    })
                    .ok());
    return position;
  }

  std::string LineOf(const v1::OutboundEvent& event) {
    v1::ReadOutboundRequest request;
    request.set_destination(event.destinations(0));
    request.set_partition(event.partition());
    request.add_positions(event.position());
    const auto read = federation().ReadOutbound({}, request);
    std::string type = "nothing";
    if (read.ok() && read->pdus_size() == 1) {
      type = json::StringOr(*json::ParseObject(read->pdus(0)), "type", "");
    }
    std::set<std::string> names(event.destinations().begin(), event.destinations().end());
    for (const std::string& name : names) StrAppend(&type, " ", name);
    return type;
  }

  const std::string name_;
  TemporaryFolder folder_;
  Config config_;
  testing::SeededRng rng_;
  bus::MemoryBus bus_;
  const crypto::SigningKey key_;
  NetworkFederation federation_;
  TestNetwork& network_;
  RecordingAccounts accounts_;
  accounts::AccountsClient accounts_client_{accounts_};
  EventsLink owners_{rpc::NoObserver()};
  RoomFederationLink room_owners_{rpc::NoObserver()};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Service> service_;
};

}  // namespace parley::events
