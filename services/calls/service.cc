#include "services/calls/service.h"

#include "common/base/partition.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/stream/open_all.h"
#include "services/calls/client_json.h"
#include "services/calls/store.h"
#include "services/calls/turn.h"

namespace parley::calls {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);
constexpr absl::Duration kPruneEvery = absl::Hours(1);

json::Object TurnServer(const Config& config, const TurnCredential& credential) {
  json::Array uris;
  for (const std::string& uri : config.turn_uris) uris.emplace_back(uri);
  return {{"uris", std::move(uris)},
          {"username", credential.username},
          {"password", credential.password},
          {"ttl", absl::ToInt64Seconds(config.turn_lifetime)}};
}

// Where the caller is in the stream of `partition`; zeros when it was never there.
stream::EphemeralPosition SinceOf(const ReadSinceRequest& request, Partition partition) {
  for (const common::v1::Head& head : request.since()) {
    if (head.partition() == partition) return {head.epoch(), head.position()};
  }
  return {};
}

void AddHead(Partition partition, stream::EphemeralPosition position,
             google::protobuf::RepeatedPtrField<common::v1::Head>* heads) {
  common::v1::Head& head = *heads->Add();
  head.set_partition(partition);
  head.set_position(position.counter);
  head.set_epoch(position.epoch);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Service>> Service::Open(const Config& config, Deps deps) {
  return stream::OpenAll<Service>(config, deps);
}

Service::Service(const Config& config, Deps deps)
    : config_(config),
      deps_(deps),
      metrics_(deps.registry),
      streams_(deps.store, deps.bus, kStream, config.partitions),
      board_(config, deps.bus, deps.clock, metrics_),
      delayed_(config, {deps.store, streams_, deps.events, deps.clock, deps.rng, metrics_}),
      next_prune_(deps.clock.Now() + kPruneEvery) {
  deps.registry.AddGauge("parley_calls_active", "Calls that ring or are connected", {},
                         [this] { return static_cast<double>(board_.active()); });
  deps.registry.AddGauge("parley_calls_delayed_scheduled",
                         "Delayed events that wait for their time", {},
                         [this] { return static_cast<double>(delayed_.scheduled()); });
}

absl::Status Service::OpenPartitions(absl::Span<const Partition> opened) {
  PARLEY_RETURN_IF_ERROR(streams_.OpenPartitions(opened));
  PARLEY_RETURN_IF_ERROR(delayed_.Open(opened));
  for (const Partition p : opened) board_.Open(p, streams_.For(p).epoch());
  absl::MutexLock lock(&mutex_);
  if (follower_) follower_->Begin(opened);
  return absl::OkStatus();
}

void Service::ClosePartitions(absl::Span<const Partition> closed) {
  streams_.ClosePartitions(closed);
  delayed_.Close(closed);
  for (const Partition p : closed) board_.Close(p);
}

void Service::Start() {
  delayed_.Start();
  absl::MutexLock lock(&mutex_);
  follower_ =
      std::make_unique<Follower>(deps_.bus, deps_.clock, deps_.events, board_, config_.partitions);
  tick_ = std::make_unique<Periodic>("calls-tick", kTick, [this] { Tick(); });
}

void Service::Tick() {
  board_.Tick();
  if (deps_.clock.Now() < next_prune_) return;
  next_prune_ = deps_.clock.Now() + kPruneEvery;
  delayed_.Prune();
}

absl::StatusOr<GetTurnServerResponse> Service::GetTurnServer(const rpc::Call&,
                                                             const GetTurnServerRequest& request) {
  GetTurnServerResponse response;
  if (config_.turn_uris.empty() || config_.turn_secret.empty()) {
    response.set_json("{}");
    return response;
  }
  const TurnCredential credential =
      MakeTurnCredential(config_.turn_secret, request.requester().user_id(),
                         deps_.clock.Now() + config_.turn_lifetime);
  response.set_json(json::Serialize(TurnServer(config_, credential)));
  return response;
}

absl::StatusOr<GetRtcTransportsResponse> Service::GetRtcTransports(const rpc::Call&,
                                                                   const GetRtcTransportsRequest&) {
  json::Array transports;
  if (!config_.livekit_service_url.empty()) {
    transports.emplace_back(
        json::Object{{"type", "livekit"}, {"livekit_service_url", config_.livekit_service_url}});
  }
  GetRtcTransportsResponse response;
  response.set_json(json::Serialize(json::Object{{"rtc_transports", std::move(transports)}}));
  return response;
}

absl::StatusOr<GetRoomCallsResponse> Service::GetRoomCalls(const rpc::Call&,
                                                           const GetRoomCallsRequest& request) {
  const std::optional<CallBoard::Entry> entry = board_.Find(request.room_id());
  GetRoomCallsResponse response;
  response.set_json(RoomCallsJson(entry ? entry->calls : std::vector<Call>()));
  return response;
}

absl::StatusOr<ReadSinceResponse> Service::ReadSince(const rpc::Call&,
                                                     const ReadSinceRequest& request) {
  ReadSinceResponse response;
  std::map<Partition, stream::EphemeralPosition> heads;
  for (const std::string& room_id : request.room_ids()) {
    const Partition partition = PartitionOf(room_id, config_.partitions);
    // The first head of a partition: what came between is told again rather than never.
    heads.try_emplace(partition, board_.Head(partition));
    const std::optional<CallBoard::Entry> entry = board_.Find(room_id);
    const stream::EphemeralPosition since = SinceOf(request, partition);
    if (!entry ||
        (entry->position.epoch == since.epoch && entry->position.counter <= since.counter))
      continue;
    RoomEntry& out = *response.add_entries();
    out.set_room_id(room_id);
    out.set_event(RoomCallsEvent(entry->calls));
  }
  for (const auto& [partition, head] : heads) AddHead(partition, head, response.mutable_heads());
  return response;
}

absl::StatusOr<common::v1::HeadsResponse> Service::Heads(const rpc::Call&,
                                                         const common::v1::HeadsRequest&) {
  common::v1::HeadsResponse response;
  for (const Partition p : streams_.Owned()) AddHead(p, board_.Head(p), response.mutable_heads());
  return response;
}

absl::StatusOr<ScheduleDelayedResponse> Service::ScheduleDelayed(
    const rpc::Call&, const ScheduleDelayedRequest& request) {
  ScheduleDelayedResponse response;
  PARLEY_TRY(*response.mutable_delay_id(), delayed_.Schedule(request));
  return response;
}

absl::StatusOr<UpdateDelayedResponse> Service::UpdateDelayed(const rpc::Call& call,
                                                             const UpdateDelayedRequest& request) {
  absl::Status status = InvalidParam("action must be restart, cancel or send");
  if (request.action() == DELAYED_ACTION_RESTART) status = delayed_.Restart(request.delay_id());
  if (request.action() == DELAYED_ACTION_CANCEL) status = delayed_.Cancel(request.delay_id());
  if (request.action() == DELAYED_ACTION_SEND) status = delayed_.SendNow(call, request.delay_id());
  PARLEY_RETURN_IF_ERROR(status);
  return UpdateDelayedResponse();
}

absl::StatusOr<ListDelayedResponse> Service::ListDelayed(const rpc::Call&,
                                                         const ListDelayedRequest& request) {
  return delayed_.List(request);
}

}  // namespace parley::calls
