#include <algorithm>

#include <absl/time/clock.h>

#include "common/status/macros.h"
#include "services/events/federation/hierarchy.h"
#include "services/events/federation/remote_membership.h"
#include "services/events/read/call_signals.h"
#include "services/events/read/history_reads.h"
#include "services/events/read/notifications.h"
#include "services/events/read/relation_reads.h"
#include "services/events/read/search_reads.h"
#include "services/events/read/state_reads.h"
#include "services/events/read/summary_reads.h"
#include "services/events/service.h"

// The reading half of the contract.
namespace parley::events {
namespace {

// How long a page of history waits for what other servers have of it.
constexpr absl::Duration kBackfillTime = absl::Seconds(15);

}  // namespace

absl::StatusOr<v1::ListCallSignalsResponse> Service::ListCallSignals(const rpc::Call&,
                                                                     const v1::ListCallSignalsRequest& request) {
  return events::ListCallSignals(read_deps_.store, request);
}

absl::StatusOr<v1::GetEventResponse> Service::GetEvent(const rpc::Call&, const v1::GetEventRequest& request) {
  return events::GetEvent(read_deps_, request);
}

absl::StatusOr<v1::JsonResponse> Service::GetContext(const rpc::Call&, const v1::GetContextRequest& request) {
  return events::GetContext(read_deps_, request);
}

absl::StatusOr<v1::JsonResponse> Service::GetMessages(const rpc::Call& call, const v1::GetMessagesRequest& request) {
  std::string gap;
  PARLEY_TRY(v1::JsonResponse page, events::GetMessages(read_deps_, request, &gap));
  if (gap.empty()) return page;
  const rpc::Call within{std::min(call.deadline, absl::Now() + kBackfillTime), call.request_id};
  const bool is_filled = context_.federation != nullptr &&
                         graph_.Backfill(within, request.room_id(), EventId::Trusted(gap)).value_or(0) > 0;
  // What nobody gives is passed over: a page may not begin at the same gap for ever.
  return events::GetMessages(read_deps_, request, is_filled ? &gap : nullptr);
}

absl::StatusOr<v1::JsonResponse> Service::GetState(const rpc::Call&, const v1::GetStateRequest& request) {
  return events::GetState(read_deps_, request);
}

absl::StatusOr<v1::JsonResponse> Service::GetStateEvent(const rpc::Call&, const v1::GetStateEventRequest& request) {
  return events::GetStateEvent(read_deps_, request);
}

absl::StatusOr<v1::JsonResponse> Service::GetMembers(const rpc::Call&, const v1::GetMembersRequest& request) {
  return events::GetMembers(read_deps_, request);
}

absl::StatusOr<v1::JsonResponse> Service::GetJoinedMembers(const rpc::Call&, const v1::GetJoinedMembersRequest& request) {
  return events::GetJoinedMembers(read_deps_, request);
}

absl::StatusOr<v1::JsonResponse> Service::GetRelations(const rpc::Call&, const v1::GetRelationsRequest& request) {
  return events::GetRelations(read_deps_, request);
}

absl::StatusOr<v1::JsonResponse> Service::GetThreads(const rpc::Call&, const v1::GetThreadsRequest& request) {
  return events::GetThreads(read_deps_, request);
}

absl::StatusOr<v1::JsonResponse> Service::TimestampToEvent(const rpc::Call&, const v1::TimestampToEventRequest& request) {
  return events::TimestampToEvent(read_deps_, request);
}

absl::StatusOr<v1::SearchResponse> Service::Search(const rpc::Call&, const v1::SearchRequest& request) {
  return events::Search(read_deps_, request);
}

absl::StatusOr<v1::ListNotificationsResponse> Service::ListNotifications(const rpc::Call&,
                                                                         const v1::ListNotificationsRequest& request) {
  return events::ListNotifications(read_deps_, unread_, request);
}

absl::StatusOr<v1::GetRoomSummaryResponse> Service::GetRoomSummary(const rpc::Call& call, const v1::GetRoomSummaryRequest& request) {
  auto here = events::GetRoomSummary(read_deps_, request);
  if (here.ok() || IsResident(context_, request.room_id())) return here;
  return SummaryElsewhere(context_, call, request);
}

absl::StatusOr<v1::ReadSinceResponse> Service::ReadSince(const rpc::Call&, const v1::ReadSinceRequest& request) {
  return sync_reader_.ReadSince(request);
}

absl::StatusOr<v1::ListJoinedUsersResponse> Service::ListJoinedUsers(const rpc::Call&, const v1::ListJoinedUsersRequest& request) {
  return sync_reader_.ListJoinedUsers(request);
}

}  // namespace parley::events
