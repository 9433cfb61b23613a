#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/bus/bus.h"
#include "common/crypto/sign.h"
#include "common/metrics/registry.h"
#include "common/store/store.h"
#include "common/stream/writer.h"
#include "parley/events/v1/room_federation.parley.h"
#include "parley/federation/v1/federation.parley.h"
#include "services/federation/config.h"
#include "services/federation/discovery.h"
#include "services/federation/downloads.h"
#include "services/federation/key_fetcher.h"
#include "services/federation/metrics.h"
#include "services/federation/own_keys.h"
#include "services/federation/presence_sender.h"
#include "services/federation/reachability.h"
#include "services/federation/requests.h"
#include "services/federation/sender.h"
#include "services/federation/sender_metrics.h"
#include "services/federation/server_keys.h"

namespace parley::http {
class Client;
}

namespace parley::federation {

// Other servers: asking them, telling them, knowing their keys. Threads: every method from any
// thread. Lifetime: borrows config and all of Deps.
class Service final : public FederationService {
 public:
  struct Deps {
    store::Store& store;
    bus::Bus& bus;
    const crypto::SigningKey& signing_key;
    events::EventsService& events;
    events::RoomFederationService& room_federation;
    accounts::AccountsService& accounts;
    presence::PresenceService& presence;
    const Clock& clock;
    Rng& rng;
    metrics::Registry& registry;
    // Keys that this server used before.
    std::vector<PublishedKey> old_keys = {};
  };

  // Takes the partitions over, and reads what waits for other servers. InvalidArgument, one
  // sentence, when the options for outbound requests can't be.
  static absl::StatusOr<std::unique_ptr<Service>> Open(const Config& config, Deps deps);
  ~Service() override;

  // Begins what it does by itself; the other services can be called by now.
  void Start();

  DownloadsService& downloads() { return downloads_; }

  absl::StatusOr<RequestResponse> Request(const rpc::Call& call,
                                          const RequestRequest& request) override;
  absl::StatusOr<GetServerKeysResponse> GetServerKeys(const rpc::Call& call,
                                                      const GetServerKeysRequest& request) override;
  absl::StatusOr<QueryServerKeysResponse> QueryServerKeys(
      const rpc::Call& call, const QueryServerKeysRequest& request) override;
  absl::StatusOr<SendEdusResponse> SendEdus(const rpc::Call& call,
                                            const SendEdusRequest& request) override;
  absl::StatusOr<RecordAliveResponse> RecordAlive(const rpc::Call& call,
                                                  const RecordAliveRequest& request) override;
  absl::StatusOr<ListDestinationsResponse> ListDestinations(
      const rpc::Call& call, const ListDestinationsRequest& request) override;
  absl::StatusOr<common::v1::HeadsResponse> Heads(const rpc::Call& call,
                                                  const common::v1::HeadsRequest& request) override;

 private:
  Service(const Config& config, Deps deps, std::unique_ptr<stream::Streams> streams,
          std::unique_ptr<http::Client> client);

  Sender::Deps SenderDeps();

  const Config& config_;
  const Deps deps_;
  const std::unique_ptr<stream::Streams> streams_;
  const Metrics metrics_;
  const std::unique_ptr<http::Client> client_;
  Discovery discovery_;
  Reachability reachability_;
  const Requests requests_;
  Downloads downloads_;
  const KeyFetcher fetcher_;
  OwnKeys own_keys_;
  ServerKeys server_keys_;
  const SenderMetrics sender_metrics_;
  std::unique_ptr<Sender> sender_;
  std::unique_ptr<PresenceSender> presence_sender_;
};

}  // namespace parley::federation
