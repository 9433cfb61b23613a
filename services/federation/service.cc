#include "services/federation/service.h"

#include "common/http/client.h"
#include "common/status/macros.h"
#include "services/federation/store.h"

namespace parley::federation {
namespace {

absl::StatusOr<std::unique_ptr<http::Client>> MakeClient(const Config& config) {
  http::ClientOptions options;
  PARLEY_TRY(options.addresses,
             http::AddressRules::Make(config.allow_addresses, config.deny_addresses));
  options.extra_ca_file = config.ca_file;
  options.threads = config.client_threads;
  return http::Client::Make(options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Service>> Service::Open(const Config& config, Deps deps) {
  PARLEY_TRY(auto client, MakeClient(config));
  PARLEY_TRY(auto streams, stream::Streams::Open(deps.store, deps.bus, kStream, config.partitions));
  std::unique_ptr<Service> service(
      new Service(config, deps, std::move(streams), std::move(client)));
  PARLEY_TRY(service->sender_, Sender::Open(config, service->SenderDeps()));
  return service;
}

Service::Service(const Config& config, Deps deps, std::unique_ptr<stream::Streams> streams,
                 std::unique_ptr<http::Client> client)
    : config_(config),
      deps_(deps),
      streams_(std::move(streams)),
      metrics_(deps.registry),
      client_(std::move(client)),
      discovery_(*client_, deps.clock, deps.rng),
      requests_(config_, {*client_, discovery_, deps.signing_key, metrics_, reachability_}),
      downloads_(config_, requests_, *client_),
      fetcher_(config_, requests_, deps.clock),
      own_keys_(config_.server_name, deps.signing_key, deps.old_keys, config_.key_lifetime,
                deps.clock),
      server_keys_(config_, {deps.store, *streams_, own_keys_, fetcher_, deps.signing_key,
                             deps.clock, metrics_}),
      sender_metrics_(deps.registry) {
  deps_.registry.AddGauge("parley_federation_unreachable_servers",
                          "Servers that were not reached lately", {},
                          [this] { return static_cast<double>(reachability_.unreachable()); });
}

// Threads that wait for other servers end at once.
Service::~Service() {
  client_->Stop();
}

Sender::Deps Service::SenderDeps() {
  return {deps_.store,
          *streams_,
          deps_.bus,
          deps_.events,
          deps_.room_federation,
          deps_.clock,
          deps_.rng,
          sender_metrics_,
          [this](const rpc::Call& call, const RequestRequest& request) {
            return Request(call, request);
          }};
}

void Service::Start() {
  sender_->Start();
  presence_sender_ = std::make_unique<PresenceSender>(
      PresenceSender::Needs{deps_.bus, deps_.events, deps_.room_federation, deps_.accounts,
                            deps_.presence, deps_.clock},
      config_,
      [this] { return sender_->federates(); },
      [this](const rpc::Call& call, const SendEdusRequest& request) {
        return SendEdus(call, request).status();
      });
}

absl::StatusOr<RequestResponse> Service::Request(const rpc::Call& call,
                                                 const RequestRequest& request) {
  return requests_.Send(call, request);
}

absl::StatusOr<GetServerKeysResponse> Service::GetServerKeys(const rpc::Call& call,
                                                             const GetServerKeysRequest& request) {
  return server_keys_.Get(call, request);
}

absl::StatusOr<QueryServerKeysResponse> Service::QueryServerKeys(
    const rpc::Call& call, const QueryServerKeysRequest& request) {
  return server_keys_.Query(call, request);
}

absl::StatusOr<SendEdusResponse> Service::SendEdus(const rpc::Call& call,
                                                   const SendEdusRequest& request) {
  return sender_->SendEdus(call, request);
}

absl::StatusOr<RecordAliveResponse> Service::RecordAlive(const rpc::Call&,
                                                         const RecordAliveRequest& request) {
  reachability_.Reached(request.server_name());
  sender_->RecordAlive(request.server_name());
  return RecordAliveResponse();
}

absl::StatusOr<ListDestinationsResponse> Service::ListDestinations(
    const rpc::Call&, const ListDestinationsRequest& request) {
  return sender_->ListDestinations(request);
}

absl::StatusOr<common::v1::HeadsResponse> Service::Heads(const rpc::Call&,
                                                         const common::v1::HeadsRequest&) {
  common::v1::HeadsResponse response;
  for (Partition p = 0; p < streams_->partitions(); ++p) {
    common::v1::Head& head = *response.add_heads();
    head.set_partition(p);
    head.set_position(streams_->For(p).committed_head());
  }
  return response;
}

}  // namespace parley::federation
