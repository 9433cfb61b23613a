#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"
#include "services/accounts/parts.h"
#include "services/accounts/service.h"

// Account data, filters, push rules, memberships, /sync.
namespace parley::accounts {
namespace {

UserId UserOf(const common::v1::Requester& requester) { return UserId::Trusted(requester.user_id()); }

// `user_id` stands in the request's path.
template <class Request>
absl::Status CheckOwn(const Request& request) {
  if (request.user_id() == request.requester().user_id()) return absl::OkStatus();
  return Forbidden("These are the data of another user");
}

JsonResponse Answer(std::string json) {
  JsonResponse response;
  response.set_json(std::move(json));
  return response;
}

}  // namespace

absl::StatusOr<JsonResponse> Service::GetAccountData(const rpc::Call&, const GetAccountDataRequest& request) {
  PARLEY_RETURN_IF_ERROR(CheckOwn(request));
  const UserId user = UserOf(request.requester());
  if (request.room_id().empty() && request.type() == "m.push_rules") {
    PARLEY_TRY(const LockedAccount account, parts_->cache.LockExisting(user));
    PARLEY_TRY(std::string content, PushRulesContent(*account));
    return Answer(std::move(content));
  }
  PARLEY_TRY(std::string content, parts_->account_data.Get(user, {request.room_id(), request.type()}));
  return Answer(std::move(content));
}

absl::StatusOr<SetAccountDataResponse> Service::SetAccountData(const rpc::Call&,
                                                               const SetAccountDataRequest& request) {
  PARLEY_RETURN_IF_ERROR(CheckOwn(request));
  const UserId user = UserOf(request.requester());
  PARLEY_TRY(const int64_t position,
             parts_->account_data.Set(user, {request.room_id(), request.type()}, request.content()));
  SetAccountDataResponse response;
  response.set_partition(parts_->cache.PartitionOfUser(user));
  response.set_position(position);
  return response;
}

absl::StatusOr<SetFullyReadResponse> Service::SetFullyRead(const rpc::Call&, const SetFullyReadRequest& request) {
  const UserId user = UserOf(request.requester());
  PARLEY_TRY(const int64_t position,
             parts_->account_data.SetFullyRead(user, request.room_id(), request.event_id()));
  SetFullyReadResponse response;
  response.set_partition(parts_->cache.PartitionOfUser(user));
  response.set_position(position);
  return response;
}

absl::StatusOr<JsonResponse> Service::GetTags(const rpc::Call&, const GetTagsRequest& request) {
  PARLEY_RETURN_IF_ERROR(CheckOwn(request));
  PARLEY_TRY(const json::Object tags, parts_->account_data.GetTags(UserOf(request.requester()), request.room_id()));
  return Answer(json::Serialize(tags));
}

absl::StatusOr<SetTagResponse> Service::SetTag(const rpc::Call&, const SetTagRequest& request) {
  PARLEY_RETURN_IF_ERROR(CheckOwn(request));
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  PARLEY_RETURN_IF_ERROR(
      parts_->account_data.SetTag(UserOf(request.requester()), request.room_id(), request.tag(), body));
  return SetTagResponse();
}

absl::StatusOr<DeleteTagResponse> Service::DeleteTag(const rpc::Call&, const DeleteTagRequest& request) {
  PARLEY_RETURN_IF_ERROR(CheckOwn(request));
  PARLEY_RETURN_IF_ERROR(
      parts_->account_data.DeleteTag(UserOf(request.requester()), request.room_id(), request.tag()));
  return DeleteTagResponse();
}

absl::StatusOr<CopyRoomSettingsResponse> Service::CopyRoomSettings(const rpc::Call&,
                                                                   const CopyRoomSettingsRequest& request) {
  PARLEY_TRY(const UserId user, UserId::Parse(request.user_id()));
  PARLEY_RETURN_IF_ERROR(parts_->account_data.CopyRoom(user, request.from_room_id(), request.to_room_id()));
  PARLEY_RETURN_IF_ERROR(parts_->push_rules.FollowUpgrade(user, request.from_room_id(), request.to_room_id()));
  return CopyRoomSettingsResponse();
}

absl::StatusOr<CreateFilterResponse> Service::CreateFilter(const rpc::Call&, const BodyRequest& request) {
  CreateFilterResponse response;
  PARLEY_TRY(*response.mutable_filter_id(), parts_->filters.Create(UserOf(request.requester()), request.body()));
  return response;
}

absl::StatusOr<JsonResponse> Service::GetFilter(const rpc::Call&, const GetFilterRequest& request) {
  PARLEY_TRY(std::string json, parts_->filters.Get(UserId::Trusted(request.user_id()), request.filter_id()));
  return Answer(std::move(json));
}

absl::StatusOr<JsonResponse> Service::GetPushRules(const rpc::Call&, const GetPushRulesRequest& request) {
  PARLEY_TRY(const json::Object answer, parts_->push_rules.Get(UserOf(request.requester()), request.path()));
  return Answer(json::Serialize(answer));
}

absl::StatusOr<SetPushRuleResponse> Service::SetPushRule(const rpc::Call&, const SetPushRuleRequest& request) {
  PARLEY_RETURN_IF_ERROR(parts_->push_rules.Set(UserOf(request.requester()), request));
  return SetPushRuleResponse();
}

absl::StatusOr<DeletePushRuleResponse> Service::DeletePushRule(const rpc::Call&,
                                                               const DeletePushRuleRequest& request) {
  PARLEY_RETURN_IF_ERROR(parts_->push_rules.Delete(UserOf(request.requester()), request.path()));
  return DeletePushRuleResponse();
}

absl::StatusOr<RecordMembershipResponse> Service::RecordMembership(const rpc::Call&,
                                                                   const RecordMembershipRequest& request) {
  PARLEY_TRY(const UserId user, UserId::Parse(request.user_id()));
  PARLEY_TRY(const int64_t position, parts_->memberships.Record(user, request.membership()));
  RecordMembershipResponse response;
  response.set_position(position);
  return response;
}

absl::StatusOr<ListMembershipsResponse> Service::ListMemberships(const rpc::Call&,
                                                                 const ListMembershipsRequest& request) {
  const std::vector<std::string> kinds(request.memberships().begin(), request.memberships().end());
  return parts_->memberships.List(UserId::Trusted(request.user_id()), kinds);
}

absl::StatusOr<ForgetRoomResponse> Service::ForgetRoom(const rpc::Call&, const ForgetRoomRequest& request) {
  PARLEY_RETURN_IF_ERROR(parts_->memberships.Forget(UserId::Trusted(request.user_id()), request.room_id()));
  return ForgetRoomResponse();
}

absl::StatusOr<ReadSinceResponse> Service::ReadSince(const rpc::Call&, const ReadSinceRequest& request) {
  return parts_->sync_view.ReadSince(request);
}

absl::StatusOr<common::v1::HeadsResponse> Service::Heads(const rpc::Call&, const common::v1::HeadsRequest&) {
  common::v1::HeadsResponse response;
  for (const bus::Head& head : parts_->streams.CommittedHeads()) {
    common::v1::Head& added = *response.add_heads();
    added.set_partition(head.topic.partition);
    added.set_position(head.position);
  }
  response.set_incarnation(parts_->deps.store.incarnation());
  return response;
}

}  // namespace parley::accounts
