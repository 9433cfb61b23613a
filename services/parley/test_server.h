#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

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

// A whole server in this process: all services over one store, and gateways on free ports, each
// with caches and sessions of its own. Requests go to the first, or to the one that `gateway`
// names.
class TestServer {
 public:
  TestServer(rpc::Observer& observer, store::Probe& probe, int gateways = 1)
      : registries_(gateways), peers_(observer) {
    config_.server_name = "test";
    config_.data_dir = folder_.path();
    config_.partitions = 16;
    config_.listen.client = "127.0.0.1:0";
    config_.accounts.password_passes = 1;
    config_.accounts.password_memory_kib = 8;
    EXPECT_TRUE(Complete(config_).ok());
    store_ = *store::OpenSqlite({.path = config_.store.path}, LocalServices::Migrations(targets_),
                                probe);
    services_ = *LocalServices::Open(
        {config_, targets_, *store_, bus_, key_, registries_[0], peers_, dispatcher_});
    services_->Start();
    for (metrics::Registry& registry : registries_) {
      gateways_.push_back(*GatewayPart::Start(config_, peers_, bus_, registry));
    }
  }

  // The whole answer.
  std::string Exchange(std::string_view method, std::string_view path, std::string_view token,
                       std::string_view body, int gateway = 0) {
    http::TestingClient client(gateways_[gateway]->port());
    client.Send(StrCat(method, " /_matrix/client/v3/", path,
                       " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n", "Authorization: Bearer ",
                       token, "\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
    return client.ReadAll();
  }

  json::Object Ask(std::string_view method, std::string_view path, std::string_view token,
                   std::string_view body = "", int gateway = 0) {
    const std::string answer = Exchange(method, path, token, body, gateway);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << method << " " << path << ": " << answer;
    return json::ParseObject(answer.substr(answer.find("\r\n\r\n") + 4)).value_or(json::Object());
  }

  // The access token of "@<name>:test".
  std::string Register(std::string_view name) {
    const json::Object answer =
        Ask("POST", "register", "none",
            StrCat("{\"username\":\"", name, "\",\"password\":\"hush hush\",",
                   "\"auth\":{\"type\":\"m.login.dummy\"}}"));
    return std::string(json::StringOr(answer, "access_token", ""));
  }

  // A new account's profile is made a little later.
  void AwaitProfile(std::string_view user_id) {
    const absl::Time end = absl::Now() + absl::Seconds(30);
    const std::string path = StrCat("profile/", user_id);
    while (!Exchange("GET", path, "none", "").starts_with("HTTP/1.1 200") && absl::Now() < end) {
      std::this_thread::yield();
    }
  }

  std::string MakeRoom(std::string_view token) {
    return std::string(json::StringOr(
        Ask("POST", "createRoom", token, "{\"preset\":\"public_chat\"}"), "room_id", ""));
  }

  std::string Send(std::string_view token, std::string_view room, std::string_view txn) {
    return std::string(
        json::StringOr(Ask("PUT", StrCat("rooms/", room, "/send/m.room.message/", txn), token,
                           "{\"msgtype\":\"m.text\",\"body\":\"hi\"}"),
                       "event_id", ""));
  }

  std::string Sync(std::string_view token, std::string_view since, int timeout_ms) {
    const json::Object answer =
        Ask("GET", StrCat("sync?timeout=", timeout_ms, "&since=", since), token);
    return std::string(json::StringOr(answer, "next_batch", ""));
  }

  // The token of a sync that has nothing more to say.
  std::string SyncToEnd(std::string_view token) {
    std::string since = std::string(json::StringOr(Ask("GET", "sync", token), "next_batch", ""));
    for (std::string next; (next = Sync(token, since, 0)) != since;) since = next;
    return since;
  }

  // What /metrics of the first gateway's process says.
  std::string metrics() { return registries_[0].Text(); }

 private:
  const Targets targets_ = *Targets::Parse("all");
  const crypto::SigningKey key_ = crypto::SigningKey::Generate(Rng::System());
  TemporaryFolder folder_;
  Config config_;
  std::vector<metrics::Registry>
      registries_;  // one for each gateway; the services are in the first
  bus::MemoryBus bus_;
  Peers peers_;
  rpc::Dispatcher dispatcher_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<LocalServices> services_;
  std::vector<std::unique_ptr<GatewayPart>> gateways_;
};

}  // namespace parley
