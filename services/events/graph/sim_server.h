#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "common/bus/memory_bus.h"
#include "common/crypto/sign.h"
#include "common/event/event_builder.h"
#include "common/http/uri.h"
#include "common/status/macros.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/manual_clock.h"
#include "common/testing/seeded_rng.h"
#include "common/testing/temporary_folder.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/federation/v1/federation.parley.h"
#include "services/events/aliases.h"
#include "services/events/device_changes.h"
#include "services/events/erased_users.h"
#include "services/events/federation/key_cache.h"
#include "services/events/federation/room_federation.h"
#include "services/events/federation/room_joins.h"
#include "services/events/graph/graph.h"
#include "services/events/room_write.h"
#include "services/events/store.h"
#include "services/events/test_service.h"
#include "services/events/typing.h"

// Servers in one process that share rooms over a network that is a function call: deterministic,
// and as lossy as a test wants it.
namespace parley::events {

class SimServer;

// All servers of a test.
struct SimWorld {
  testing::ManualClock clock;
  std::map<std::string, SimServer*> servers;
};

// The `federation` of one server.
class SimNet final : public federation::FederationFake {
 public:
  SimNet(SimWorld& world, std::string own_name) : world_(world), own_name_(std::move(own_name)) {}

  absl::StatusOr<federation::RequestResponse> Request(
      const rpc::Call& call, const federation::RequestRequest& request) override;
  absl::StatusOr<federation::GetServerKeysResponse> GetServerKeys(
      const rpc::Call&, const federation::GetServerKeysRequest& request) override;

  std::vector<std::string> asked;  // the endpoints, in order
  std::string refused;             // an endpoint that nobody answers

 private:
  SimWorld& world_;
  const std::string own_name_;
};

// The rooms of one server: everything of `events` below its service.
class SimServer {
 public:
  SimServer(SimWorld& world, std::string name)
      : world_(world),
        key_(*crypto::SigningKey::FromSeed("a_sim", std::string(31, 'k') + name[0])),
        net_(world, name) {
    config_.server_name = std::move(name);
    config_.partitions = 4;
    world.servers[config_.server_name] = this;
    Restart();
  }

  void Restart() {
    parts_.reset();
    store_.reset();
    store_ =
        *store::OpenSqlite({.path = folder_.path() + "/db", .synchronous = "OFF"}, Migrations());
    parts_ = std::make_unique<Parts>(*this);
  }

  const std::string& name() const { return config_.server_name; }
  std::string user() const { return "@u:" + name(); }
  const crypto::SigningKey& key() const { return key_; }
  const Context& context() { return parts_->context; }
  Graph& graph() { return parts_->graph; }
  RoomFederationService& federation() { return parts_->federation; }
  store::Store& store() { return *store_; }
  SimNet& net() { return net_; }
  bool reachable = true;

  // A public room of this server's user, of `version`.
  std::string CreateRoom(std::string_view version) {
    const UserId creator = UserId::Trusted(user());
    const event::RoomVersion& room_version = event::GetRoomVersion(version);
    json::Object content{{"room_version", version}};
    if (!room_version.creator_is_sender) content.Set("creator", user());
    const auto create = BuildCreateEvent(context(), room_version, creator, std::move(content), 0);
    EXPECT_TRUE(create.ok()) << create.status();
    auto write = RoomWrite::Create(context(), *create);
    EXPECT_TRUE(write.ok()) << write.status();
    const std::string room = (*write)->room().id;
    const auto add = [&](std::string type, std::string key, std::string_view json) {
      const auto added =
          (*write)->Add({creator, std::move(type), std::move(key), *json::ParseObject(json)});
      EXPECT_TRUE(added.ok()) << added.status();
    };
    add("m.room.member", user(), R"({"membership":"join"})");
    json::Object users;
    if (!room_version.privileged_creators) users.Set(user(), 100);
    json::Object levels{{"users", users}, {"state_default", 0}, {"events_default", 0}};
    add("m.room.power_levels", "", json::Serialize(levels));
    add("m.room.join_rules", "", R"({"join_rule":"public"})");
    EXPECT_TRUE((*write)->Commit({}).ok());
    return room;
  }

  // An event of a user of this server. The PDU, or why not.
  absl::StatusOr<event::PduPtr> Send(const std::string& room, std::string type,
                                     std::optional<std::string> state_key, std::string_view content,
                                     std::optional<EventId> redacts = {}) {
    world_.clock.Advance(absl::Milliseconds(1));
    auto write = RoomWrite::Open(context(), room);
    if (!write.ok()) return write.status();
    auto added = (*write)->Add({UserId::Trusted(user()), std::move(type), std::move(state_key),
                                *json::ParseObject(content), std::move(redacts)});
    if (!added.ok()) return added.status();
    const auto sent = (*write)->Commit({});
    if (!sent.ok()) return sent.status();
    return added->pdu;
  }
  absl::StatusOr<event::PduPtr> Say(const std::string& room, std::string_view text) {
    return Send(room, "m.room.message", std::nullopt,
                R"({"msgtype":"m.text","body":")" + std::string(text) + "\"}");
  }

  // As a transaction from `origin`. Errors by event id; accepted ones have an empty one.
  std::map<std::string, std::string> Receive(const std::string& origin, const std::string& room,
                                             const std::vector<std::string>& pdus) {
    v1::ReceivePdusRequest request;
    request.set_origin(origin);
    request.set_room_id(room);
    for (const std::string& pdu : pdus) request.add_pdus(pdu);
    const auto response = federation().ReceivePdus({}, request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::map<std::string, std::string> results;
    if (!response.ok()) return results;
    for (const auto& result : response->results()) results[result.event_id()] = result.error();
    return results;
  }

  event::VerifiedPdu Verified(const std::string& bytes, const event::RoomVersion& version) {
    auto verified = Verify({}, parts_->keys, *event::ParsePdu(bytes, version));
    EXPECT_TRUE(verified.ok()) << verified.status();
    return *verified;
  }

  // Makes the room here from all of its events, oldest first: what a join does, in short.
  void Import(const std::vector<std::string>& pdus, const event::RoomVersion& version) {
    const event::VerifiedPdu create = Verified(pdus.front(), version);
    auto write = RoomWrite::Create(context(), create);
    ASSERT_TRUE(write.ok()) << write.status();
    ASSERT_TRUE((*write)->Commit({}).ok());
    Enter(create->room_id.str(), {pdus.begin() + 1, pdus.end()}, version);
  }
  void Enter(const std::string& room, const std::vector<std::string>& pdus,
             const event::RoomVersion& version) {
    std::vector<event::VerifiedPdu> events;
    for (const std::string& pdu : pdus) events.push_back(Verified(pdu, version));
    const auto settled = graph().settler().Settle({}, room, events);
    ASSERT_TRUE(settled.ok()) << settled.status();
    for (const Settled& one : *settled) EXPECT_EQ(one.kind, Settled::Kind::kAccepted);
  }

  // All of the room's visible events, in its order.
  std::vector<EventRow> Timeline(const std::string& room) {
    std::vector<EventRow> rows;
    InRoom(room, [&](store::Reader& db, Partition p, RoomNid nid) {
      return ScanForwards(db, p, nid, kFirstOrder, 100'000, [&](const EventRow& row) {
        rows.push_back(row);
        return true;
      });
    });
    return rows;
  }
  std::vector<std::string> Pdus(const std::string& room) {
    std::vector<std::string> pdus;
    for (const EventRow& row : Timeline(room)) pdus.push_back(row.pdu);
    return pdus;
  }

  // The state in force: event ids by "type state_key".
  std::map<std::string, std::string> State(const std::string& room) {
    std::map<std::string, std::string> state;
    InRoom(room, [&](store::Reader& db, Partition p, RoomNid nid) -> absl::Status {
      PARLEY_TRY(const auto rows, CurrentState(db, p, nid));
      for (const StateRow& row : rows) {
        PARLEY_TRY(const auto event, ReadEvent(db, p, row.event_pos));
        state[row.type + " " + row.state_key] = event ? event->event_id : "gone";
      }
      return absl::OkStatus();
    });
    return state;
  }

  std::optional<EventRow> Stored(const std::string& room, const std::string& event_id) {
    std::optional<EventRow> row;
    InRoom(room, [&](store::Reader& db, Partition p, RoomNid) -> absl::Status {
      PARLEY_TRY(row, FindEvent(db, p, event_id));
      return absl::OkStatus();
    });
    return row;
  }

  std::vector<EventId> Extremities(const std::string& room) {
    auto write = RoomWrite::Open(context(), room);
    EXPECT_TRUE(write.ok()) << write.status();
    return (*write)->Extremities();
  }

 private:
  // What a restart loses.
  struct Parts {
    explicit Parts(SimServer& server)
        : streams(*stream::Streams::Open(*server.store_, server.bus_, kStream,
                                         server.config_.partitions)),
          rooms(*server.store_, *streams, 64 << 20),
          erased(*server.store_, *streams),
          outbox(*server.store_, *streams, server.accounts_client_, server.config_.server_name),
          keys(&server.net_, server.config_.server_name, server.key_, server.world_.clock),
          context{server.config_,
                  *server.store_,
                  *streams,
                  server.key_,
                  server.world_.clock,
                  server.rng_,
                  rooms,
                  outbox,
                  server.accounts_client_,
                  alias_lanes,
                  device_changes,
                  erased,
                  server.bus_,
                  server.owners_,
                  server.room_owners_,
                  &server.net_,
                  keys,
                  room_joins,
                  graph},
          graph(context, 0),
          typing(server.bus_, server.config_.partitions),
          federation(context, graph, typing) {}

    std::unique_ptr<stream::Streams> streams;
    RoomCache rooms;
    AliasLanes alias_lanes;
    DeviceChangeMarks device_changes{16};
    ErasedUsers erased;
    Outbox outbox;
    KeyCache keys;
    RoomJoins room_joins;
    Context context;
    Graph graph;
    TypingTable typing;
    RoomFederation federation;
  };

  void InRoom(const std::string& room,
              absl::FunctionRef<absl::Status(store::Reader&, Partition, RoomNid)> read) {
    const Partition p = PartitionOf(room, config_.partitions);
    EXPECT_TRUE(store_
                    ->Read([&](store::Reader& db) -> absl::Status {
                      PARLEY_TRY(const auto row, FindRoom(db, p, room));
                      if (!row) return absl::NotFoundError("no such room");
                      return read(db, p, row->nid);
                    })
                    .ok());
  }

  SimWorld& world_;
  TemporaryFolder folder_;
  Config config_;
  testing::SeededRng rng_;
  bus::MemoryBus bus_;
  const crypto::SigningKey key_;
  SimNet net_;
  RecordingAccounts accounts_;
  accounts::AccountsClient accounts_client_{accounts_};
  EventsLink owners_{rpc::NoObserver()};
  RoomFederationLink room_owners_{rpc::NoObserver()};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace parley::events
