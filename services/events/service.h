#pragma once

#include <memory>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/bus/bus.h"
#include "common/crypto/sign.h"
#include "common/store/store.h"
#include "common/stream/writer.h"
#include "parley/events/v1/events.parley.h"
#include "services/events/aliases.h"
#include "services/events/config.h"
#include "services/events/context.h"
#include "services/events/device_changes.h"
#include "services/events/erased_users.h"
#include "services/events/federation/key_cache.h"
#include "services/events/federation/room_federation.h"
#include "services/events/federation/room_joins.h"
#include "services/events/graph/graph.h"
#include "services/events/outbox.h"
#include "services/events/read/room_access.h"
#include "services/events/read/sync_reader.h"
#include "services/events/read/unread.h"
#include "services/events/room_cache.h"
#include "services/events/typing.h"

namespace parley::accounts {
class AccountsService;
}
namespace parley::federation {
class FederationService;
}

namespace parley::events {

// What the service works with; everything outlives it. `store` was opened with Migrations() among others.
struct Deps {
  store::Store& store;
  bus::Bus& bus;
  const crypto::SigningKey& signing_key;
  const Clock& clock;
  Rng& rng;
  accounts::AccountsService& accounts;
  // This service as other processes see it: whoever owns what is asked for. This one, where it owns everything.
  EventsService& owners;
  RoomFederationService& room_owners;
  federation::FederationService* federation = nullptr;  // null: this server knows no other
};

// The contract's calls, each handed to the file that does it. Threads: any; calls block.
class Service final : public EventsService {
 public:
  // Owns all partitions from now on.
  static absl::StatusOr<std::unique_ptr<Service>> Open(const Config& config, const Deps& deps);
  // Owns none, until OpenPartitions.
  Service(const Config& config, const Deps& deps);

  // The partitions that this process owns besides those it has, and those it has no more. One caller at a time; the
  // service is called meanwhile.
  absl::Status OpenPartitions(absl::Span<const Partition> opened);
  void ClosePartitions(absl::Span<const Partition> closed);

  // What is to be done now and then: once a second, by the runtime's timer or by a test.
  void Tick(const rpc::Call& call);

  // The rooms as other servers see them.
  RoomFederationService& federation() { return federation_; }

  // --- Writing
  absl::StatusOr<v1::CreateRoomResponse> CreateRoom(const rpc::Call& call, const v1::CreateRoomRequest& request) override;
  absl::StatusOr<v1::UpgradeRoomResponse> UpgradeRoom(const rpc::Call& call,
                                                      const v1::UpgradeRoomRequest& request) override;
  absl::StatusOr<v1::SendResponse> Send(const rpc::Call& call, const v1::SendRequest& request) override;
  absl::StatusOr<v1::ChangeMembershipResponse> ChangeMembership(const rpc::Call& call,
                                                                const v1::ChangeMembershipRequest& request) override;
  absl::StatusOr<v1::SetReceiptResponse> SetReceipt(const rpc::Call& call, const v1::SetReceiptRequest& request) override;
  absl::StatusOr<v1::SetTypingResponse> SetTyping(const rpc::Call& call, const v1::SetTypingRequest& request) override;
  absl::StatusOr<v1::RecordDeviceListChangeResponse> RecordDeviceListChange(
      const rpc::Call& call, const v1::RecordDeviceListChangeRequest& request) override;
  absl::StatusOr<v1::EraseUserResponse> EraseUser(const rpc::Call& call, const v1::EraseUserRequest& request) override;
  absl::StatusOr<v1::ReportContentResponse> ReportContent(const rpc::Call& call,
                                                          const v1::ReportContentRequest& request) override;

  // --- Reading
  absl::StatusOr<v1::GetEventResponse> GetEvent(const rpc::Call& call, const v1::GetEventRequest& request) override;
  absl::StatusOr<v1::JsonResponse> GetContext(const rpc::Call& call, const v1::GetContextRequest& request) override;
  absl::StatusOr<v1::JsonResponse> GetMessages(const rpc::Call& call, const v1::GetMessagesRequest& request) override;
  absl::StatusOr<v1::JsonResponse> GetState(const rpc::Call& call, const v1::GetStateRequest& request) override;
  absl::StatusOr<v1::JsonResponse> GetStateEvent(const rpc::Call& call, const v1::GetStateEventRequest& request) override;
  absl::StatusOr<v1::JsonResponse> GetMembers(const rpc::Call& call, const v1::GetMembersRequest& request) override;
  absl::StatusOr<v1::JsonResponse> GetJoinedMembers(const rpc::Call& call,
                                                    const v1::GetJoinedMembersRequest& request) override;
  absl::StatusOr<v1::JsonResponse> GetRelations(const rpc::Call& call, const v1::GetRelationsRequest& request) override;
  absl::StatusOr<v1::JsonResponse> GetThreads(const rpc::Call& call, const v1::GetThreadsRequest& request) override;
  absl::StatusOr<v1::JsonResponse> TimestampToEvent(const rpc::Call& call,
                                                    const v1::TimestampToEventRequest& request) override;
  absl::StatusOr<v1::SearchResponse> Search(const rpc::Call& call, const v1::SearchRequest& request) override;
  absl::StatusOr<v1::ListNotificationsResponse> ListNotifications(
      const rpc::Call& call, const v1::ListNotificationsRequest& request) override;
  absl::StatusOr<v1::GetRoomSummaryResponse> GetRoomSummary(const rpc::Call& call,
                                                            const v1::GetRoomSummaryRequest& request) override;

  // --- Names and the directory
  absl::StatusOr<v1::SetAliasResponse> SetAlias(const rpc::Call& call, const v1::SetAliasRequest& request) override;
  absl::StatusOr<v1::DeleteAliasResponse> DeleteAlias(const rpc::Call& call,
                                                      const v1::DeleteAliasRequest& request) override;
  absl::StatusOr<v1::ResolveAliasResponse> ResolveAlias(const rpc::Call& call,
                                                        const v1::ResolveAliasRequest& request) override;
  absl::StatusOr<v1::PutAliasResponse> PutAlias(const rpc::Call& call, const v1::PutAliasRequest& request) override;
  absl::StatusOr<v1::ListAliasesResponse> ListAliases(const rpc::Call& call,
                                                      const v1::ListAliasesRequest& request) override;
  absl::StatusOr<v1::SetDirectoryVisibilityResponse> SetDirectoryVisibility(
      const rpc::Call& call, const v1::SetDirectoryVisibilityRequest& request) override;
  absl::StatusOr<v1::GetDirectoryVisibilityResponse> GetDirectoryVisibility(
      const rpc::Call& call, const v1::GetDirectoryVisibilityRequest& request) override;
  absl::StatusOr<v1::ListPublicRoomsResponse> ListPublicRooms(const rpc::Call& call,
                                                              const v1::ListPublicRoomsRequest& request) override;

  // --- Following
  absl::StatusOr<v1::ReadSinceResponse> ReadSince(const rpc::Call& call, const v1::ReadSinceRequest& request) override;
  absl::StatusOr<v1::ListJoinedUsersResponse> ListJoinedUsers(const rpc::Call& call,
                                                              const v1::ListJoinedUsersRequest& request) override;
  absl::StatusOr<v1::ListCallSignalsResponse> ListCallSignals(const rpc::Call& call,
                                                              const v1::ListCallSignalsRequest& request) override;
  absl::StatusOr<common::v1::HeadsResponse> Heads(const rpc::Call& call,
                                                  const common::v1::HeadsRequest& request) override;

 private:
  bool IsDue(absl::Time& next, absl::Duration every);

  const Config config_;
  stream::Streams streams_;
  RoomCache rooms_;
  Outbox outbox_;
  TypingTable typing_;
  AliasLanes alias_lanes_;
  UnreadCounter unread_;
  DeviceChangeMarks device_changes_;
  ErasedUsers erased_;
  KeyCache keys_;
  RoomJoins room_joins_;
  SyncReader sync_reader_;
  const Context context_;
  const ReadDeps read_deps_;
  Graph graph_;
  RoomFederation federation_;

  absl::Mutex tick_mutex_;
  absl::Time next_repair_ ABSL_GUARDED_BY(tick_mutex_) = absl::InfinitePast();
  absl::Time next_prune_ ABSL_GUARDED_BY(tick_mutex_) = absl::InfinitePast();
};

}  // namespace parley::events
