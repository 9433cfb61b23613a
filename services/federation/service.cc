#include "services/federation/service.h"

#include "common/status/macros.h"
#include "services/federation/store.h"

namespace parley::federation {
namespace {

absl::Status Unready() {
  return absl::UnavailableError("other servers are not spoken to yet");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Service>> Service::Open(const Config& config, Deps deps) {
  PARLEY_TRY(auto streams, stream::Streams::Open(deps.store, deps.bus, kStream, config.partitions));
  return std::unique_ptr<Service>(new Service(config, deps, std::move(streams)));
}

Service::Service(const Config& config, Deps deps, std::unique_ptr<stream::Streams> streams)
    : config_(config), deps_(deps), streams_(std::move(streams)) {}

void Service::Start() {}

absl::StatusOr<RequestResponse> Service::Request(const rpc::Call&, const RequestRequest&) {
  return Unready();
}

absl::StatusOr<GetServerKeysResponse> Service::GetServerKeys(const rpc::Call&,
                                                             const GetServerKeysRequest&) {
  return Unready();
}

absl::StatusOr<QueryServerKeysResponse> Service::QueryServerKeys(const rpc::Call&,
                                                                 const QueryServerKeysRequest&) {
  return Unready();
}

absl::StatusOr<SendEdusResponse> Service::SendEdus(const rpc::Call&, const SendEdusRequest&) {
  return Unready();
}

absl::StatusOr<RecordAliveResponse> Service::RecordAlive(const rpc::Call&,
                                                         const RecordAliveRequest&) {
  return Unready();
}

absl::StatusOr<ListDestinationsResponse> Service::ListDestinations(const rpc::Call&,
                                                                   const ListDestinationsRequest&) {
  return Unready();
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
