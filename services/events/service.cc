#include "services/events/service.h"

#include "common/status/macros.h"
#include "common/stream/open_all.h"
#include "services/events/aliases.h"
#include "services/events/create_room.h"
#include "services/events/directory.h"
#include "services/events/membership.h"
#include "services/events/receipts.h"
#include "services/events/send.h"
#include "services/events/store.h"
#include "services/events/upgrade.h"

namespace parley::events {
namespace {

// Rooms that fetch what they miss at the same time.
constexpr int kFetchThreads = 4;
constexpr absl::Duration kRepairEvery = absl::Seconds(30);
constexpr absl::Duration kPruneEvery = absl::Hours(1);

void PrunePartition(const Context& context, Partition p) {
  const int64_t before = absl::ToUnixMillis(context.clock.Now() - context.config.txn_retention);
  const int64_t signals_before = absl::ToUnixMillis(context.clock.Now() - context.config.call_retention);
  const int64_t outbound_before = absl::ToUnixMillis(context.clock.Now() - context.config.outbound_retention);
  // What fails now is pruned the next time.
  context.streams.For(p)
      .CommitQuietly([&](store::Batch& batch) {
        PruneTxns(batch, p, before);
        PruneCallSignals(batch, p, signals_before);
        PruneOutbound(batch, p, outbound_before);
      })
      .IgnoreError();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Service>> Service::Open(const Config& config, const Deps& deps) {
  return stream::OpenAll<Service>(config, deps);
}

Service::Service(const Config& config, const Deps& deps)
    : config_(config),
      streams_(deps.store, deps.bus, kStream, config.partitions),
      rooms_(deps.store, streams_, config.room_memory_bytes),
      outbox_(deps.store, streams_, deps.accounts, config_.server_name),
      typing_(deps.bus, config.partitions),
      device_changes_(config.partitions),
      erased_(deps.store, streams_),
      keys_(deps.federation, config.server_name, deps.signing_key, deps.clock),
      sync_reader_({deps.store, deps.clock, streams_, rooms_, typing_, device_changes_, unread_, erased_,
                    config.partitions}),
      context_{config_, deps.store, streams_, deps.signing_key, deps.clock, deps.rng, rooms_, outbox_, deps.accounts,
               alias_lanes_, device_changes_, erased_, deps.bus, deps.owners, deps.room_owners, deps.federation, keys_,
               room_joins_, graph_},
      read_deps_{deps.store, deps.clock, erased_, config.partitions},
      graph_(context_, deps.federation == nullptr ? 0 : kFetchThreads),
      federation_(context_, graph_, typing_) {}

absl::Status Service::OpenPartitions(absl::Span<const Partition> opened) {
  PARLEY_RETURN_IF_ERROR(streams_.OpenPartitions(opened));
  for (const Partition p : opened) {
    typing_.Open(p, streams_.For(p).epoch());
    device_changes_.Raise(p, streams_.For(p).committed_head());
  }
  streams_.WakeFollowers(opened);
  PARLEY_RETURN_IF_ERROR(erased_.Load());
  // What the owner before has not told of is told soon.
  absl::MutexLock lock(&tick_mutex_);
  next_repair_ = absl::InfinitePast();
  return absl::OkStatus();
}

void Service::ClosePartitions(absl::Span<const Partition> closed) {
  streams_.ClosePartitions(closed);
  rooms_.DropPartitions(closed);
  unread_.DropPartitions(closed);
}

bool Service::IsDue(absl::Time& next, absl::Duration every) {
  const absl::Time now = context_.clock.Now();
  absl::MutexLock lock(&tick_mutex_);
  if (now < next) return false;
  next = now + every;
  return true;
}

void Service::Tick(const rpc::Call& call) {
  typing_.Expire(context_.clock.Now());
  if (IsDue(next_repair_, kRepairEvery)) {
    outbox_.Repair(call);
    erased_.Load().IgnoreError();  // who was erased where others own; the next time does as well
    if (context_.federation != nullptr) graph_.FetchAll(call);
  }
  if (!IsDue(next_prune_, kPruneEvery)) return;
  for (const Partition p : streams_.Owned()) PrunePartition(context_, p);
}

absl::StatusOr<v1::CreateRoomResponse> Service::CreateRoom(const rpc::Call& call,
                                                           const v1::CreateRoomRequest& request) {
  return CreateNewRoom(context_, call, request);
}

absl::StatusOr<v1::UpgradeRoomResponse> Service::UpgradeRoom(const rpc::Call& call,
                                                             const v1::UpgradeRoomRequest& request) {
  return UpgradeOldRoom(context_, call, request);
}

absl::StatusOr<v1::SendResponse> Service::Send(const rpc::Call& call, const v1::SendRequest& request) {
  return SendEvent(context_, call, request);
}

absl::StatusOr<v1::ChangeMembershipResponse> Service::ChangeMembership(const rpc::Call& call,
                                                                       const v1::ChangeMembershipRequest& request) {
  return ChangeRoomMembership(context_, call, request);
}

absl::StatusOr<v1::SetReceiptResponse> Service::SetReceipt(const rpc::Call& call,
                                                           const v1::SetReceiptRequest& request) {
  return SetRoomReceipt(context_, call, request);
}

absl::StatusOr<v1::SetTypingResponse> Service::SetTyping(const rpc::Call& call, const v1::SetTypingRequest& request) {
  return SetRoomTyping(context_, call, typing_, request);
}

absl::StatusOr<v1::RecordDeviceListChangeResponse> Service::RecordDeviceListChange(
    const rpc::Call& call, const v1::RecordDeviceListChangeRequest& request) {
  return RecordDeviceChange(context_, call, request);
}

absl::StatusOr<v1::EraseUserResponse> Service::EraseUser(const rpc::Call&, const v1::EraseUserRequest& request) {
  PARLEY_TRY(const UserId user, UserId::Parse(request.user_id()));
  PARLEY_TRY(const std::vector<Partition> done, erased_.Erase(user.str()));
  v1::EraseUserResponse response;
  response.mutable_partitions()->Assign(done.begin(), done.end());
  return response;
}

absl::StatusOr<v1::ReportContentResponse> Service::ReportContent(const rpc::Call&,
                                                                 const v1::ReportContentRequest& request) {
  return StoreReport(context_, request);
}

absl::StatusOr<v1::SetAliasResponse> Service::SetAlias(const rpc::Call& call, const v1::SetAliasRequest& request) {
  return SetRoomAlias(context_, call, request);
}

absl::StatusOr<v1::PutAliasResponse> Service::PutAlias(const rpc::Call&, const v1::PutAliasRequest& request) {
  return PutAliasHere(context_, request);
}

absl::StatusOr<v1::DeleteAliasResponse> Service::DeleteAlias(const rpc::Call& call,
                                                             const v1::DeleteAliasRequest& request) {
  return DeleteRoomAlias(context_, call, request);
}

absl::StatusOr<v1::ResolveAliasResponse> Service::ResolveAlias(const rpc::Call& call,
                                                               const v1::ResolveAliasRequest& request) {
  return ResolveRoomAlias(context_, call, request);
}

absl::StatusOr<v1::ListAliasesResponse> Service::ListAliases(const rpc::Call&,
                                                             const v1::ListAliasesRequest& request) {
  return ListRoomAliases(context_, request);
}

absl::StatusOr<v1::SetDirectoryVisibilityResponse> Service::SetDirectoryVisibility(
    const rpc::Call& call, const v1::SetDirectoryVisibilityRequest& request) {
  return SetPublished(context_, call, request);
}

absl::StatusOr<v1::GetDirectoryVisibilityResponse> Service::GetDirectoryVisibility(
    const rpc::Call&, const v1::GetDirectoryVisibilityRequest& request) {
  return GetPublished(context_, request);
}

absl::StatusOr<v1::ListPublicRoomsResponse> Service::ListPublicRooms(const rpc::Call&,
                                                                     const v1::ListPublicRoomsRequest& request) {
  return ListPublished(context_, request);
}

absl::StatusOr<common::v1::HeadsResponse> Service::Heads(const rpc::Call&, const common::v1::HeadsRequest&) {
  common::v1::HeadsResponse response;
  for (const bus::Head& head : streams_.CommittedHeads()) {
    common::v1::Head& out = *response.add_heads();
    out.set_partition(head.topic.partition);
    out.set_position(head.position);
  }
  for (const Partition p : streams_.Owned()) {
    const stream::EphemeralPosition typing = typing_.Head(p);
    common::v1::Head& out = *response.add_ephemeral_heads();
    out.set_partition(p);
    out.set_position(typing.counter);
    out.set_epoch(typing.epoch);
  }
  response.set_incarnation(context_.store.incarnation());
  return response;
}

}  // namespace parley::events
