#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/bus/memory_bus.h"
#include "common/json/value.h"
#include "common/rpc/channel.h"
#include "common/status/matrix_error.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/manual_clock.h"
#include "common/testing/seeded_rng.h"
#include "common/testing/temporary_folder.h"
#include "parley/events/v1/events.parley.h"
#include "parley/federation/v1/federation.parley.h"
#include "parley/profile/v1/profile.parley.h"
#include "services/accounts/service.h"

namespace parley::accounts {

// Other services, as far as accounts calls them: remembers what it was told, and answers nothing but success.
class RecordingChannel final : public rpc::Channel {
 public:
  absl::Status Unary(const rpc::Method& method, const rpc::Call&, const google::protobuf::MessageLite& request,
                     google::protobuf::MessageLite&) override {
    if (!answer.ok()) return answer;
    calls.push_back(method.label);
    requests.push_back(request.SerializeAsString());
    return absl::OkStatus();
  }

  absl::Status answer;
  std::vector<std::string> calls;
  std::vector<std::string> requests;
};

// `federation`, as far as this service calls it: the EDUs that it was given.
class RecordingFederation final : public federation::FederationFake {
 public:
  absl::StatusOr<federation::SendEdusResponse> SendEdus(const rpc::Call&,
                                                        const federation::SendEdusRequest& request) override {
    for (const federation::v1::Edu& edu : request.edus()) edus.push_back(edu);
    return federation::SendEdusResponse();
  }

  std::vector<federation::v1::Edu> edus;
};

// The service over a real store in a folder of its own, with a clock that stands still.
class TestService {
 public:
  TestService() {
    config_.partitions = 16;
    config_.open_registration = true;
    config_.password_passes = 1;
    config_.password_memory_kib = 8;
    Restart();
  }

  // Everything in memory is gone, the store stays.
  void Restart() {
    service_.reset();
    store_.reset();
    auto store = store::OpenSqlite({.path = folder_.path() + "/parley.db"}, Service::Migrations());
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto service = Service::Open(config_, {*store_, bus_, clock_, rng_, events_, profile_, federation_, owners_});
    EXPECT_TRUE(service.ok()) << service.status();
    service_ = *std::move(service);
    owners_.Connect(*service_);
  }

  // The access token of a new user "@<localpart>:localhost" with a device of this id and the password "secret".
  std::string Register(const std::string& localpart, const std::string& device_id) {
    RegisterRequest request;
    request.set_body(json::Serialize(json::Object{{"username", localpart},
                                                  {"password", "secret"},
                                                  {"device_id", device_id},
                                                  {"auth", json::Object{{"type", "m.login.dummy"}}}}));
    const auto response = service_->Register({}, request);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return {};
    const auto answer = json::ParseObject(response->json());
    return std::string(json::StringOr(*answer, "access_token", ""));
  }

  static std::string Id(const std::string& localpart) { return "@" + localpart + ":localhost"; }

  static common::v1::Requester As(const std::string& localpart, const std::string& device_id) {
    common::v1::Requester requester;
    requester.set_user_id(Id(localpart));
    requester.set_device_id(device_id);
    return requester;
  }

  static BodyRequest Request(const common::v1::Requester& requester, const std::string& body) {
    BodyRequest request;
    *request.mutable_requester() = requester;
    request.set_body(body);
    return request;
  }

  // A read of everything after `since`, by the user's device.
  ReadSinceResponse Read(const std::string& localpart, const std::string& device_id, int64_t since,
                         int64_t to_device_since = 0) {
    ReadSinceRequest request;
    request.set_user_id(Id(localpart));
    request.set_device_id(device_id);
    request.set_since(since);
    request.set_to_device_since(to_device_since);
    const auto response = service_->ReadSince({}, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : ReadSinceResponse();
  }

  // Whether the store's files hold these bytes.
  bool StoreHolds(const std::string& bytes) const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string content(std::istreambuf_iterator<char>(file), {});
      if (content.find(bytes) != std::string::npos) return true;
    }
    return false;
  }

  bus::Bus& bus() { return bus_; }
  Service& operator*() { return *service_; }
  Service* operator->() { return service_.get(); }

  Config config_;
  testing::ManualClock clock_;
  RecordingChannel channel_;
  RecordingFederation federation_;

 private:
  TemporaryFolder folder_;
  testing::SeededRng rng_;
  bus::MemoryBus bus_;
  events::EventsClient events_{channel_};
  profile::ProfileClient profile_{channel_};
  AccountsLink owners_{rpc::NoObserver()};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Service> service_;
};

// "200", or the status and errcode of what was refused: "403 M_FORBIDDEN".
template <class T>
std::string Outcome(const absl::StatusOr<T>& result) {
  if (result.ok()) return "200";
  const MatrixError error = FromStatus(result.status());
  return error.errcode.empty() ? std::to_string(error.http_status)
                               : std::to_string(error.http_status) + " " + error.errcode;
}

}  // namespace parley::accounts
