#include "common/status/matrix_error.h"
#include "services/events/service.h"

namespace parley::events {

absl::StatusOr<v1::GetEventResponse> Service::GetEvent(const rpc::Call&, const v1::GetEventRequest&) {
  return Unrecognized("GetEvent");
}

absl::StatusOr<v1::JsonResponse> Service::GetContext(const rpc::Call&, const v1::GetContextRequest&) {
  return Unrecognized("GetContext");
}

absl::StatusOr<v1::JsonResponse> Service::GetMessages(const rpc::Call&, const v1::GetMessagesRequest&) {
  return Unrecognized("GetMessages");
}

absl::StatusOr<v1::JsonResponse> Service::GetState(const rpc::Call&, const v1::GetStateRequest&) {
  return Unrecognized("GetState");
}

absl::StatusOr<v1::JsonResponse> Service::GetStateEvent(const rpc::Call&, const v1::GetStateEventRequest&) {
  return Unrecognized("GetStateEvent");
}

absl::StatusOr<v1::JsonResponse> Service::GetMembers(const rpc::Call&, const v1::GetMembersRequest&) {
  return Unrecognized("GetMembers");
}

absl::StatusOr<v1::JsonResponse> Service::GetJoinedMembers(const rpc::Call&, const v1::GetJoinedMembersRequest&) {
  return Unrecognized("GetJoinedMembers");
}

absl::StatusOr<v1::JsonResponse> Service::GetRelations(const rpc::Call&, const v1::GetRelationsRequest&) {
  return Unrecognized("GetRelations");
}

absl::StatusOr<v1::JsonResponse> Service::GetThreads(const rpc::Call&, const v1::GetThreadsRequest&) {
  return Unrecognized("GetThreads");
}

absl::StatusOr<v1::JsonResponse> Service::TimestampToEvent(const rpc::Call&, const v1::TimestampToEventRequest&) {
  return Unrecognized("TimestampToEvent");
}

absl::StatusOr<v1::SearchResponse> Service::Search(const rpc::Call&, const v1::SearchRequest&) {
  return Unrecognized("Search");
}

absl::StatusOr<v1::GetRoomSummaryResponse> Service::GetRoomSummary(const rpc::Call&, const v1::GetRoomSummaryRequest&) {
  return Unrecognized("GetRoomSummary");
}

absl::StatusOr<v1::ReadSinceResponse> Service::ReadSince(const rpc::Call&, const v1::ReadSinceRequest&) {
  return Unrecognized("ReadSince");
}

}  // namespace parley::events
