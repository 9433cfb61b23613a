#include "services/events/create_room.h"

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/status/wrong_owner.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/events/aliases.h"
#include "services/events/federation/invite_remote.h"
#include "services/events/other_room.h"
#include "services/events/retry.h"

namespace parley::events {
namespace {

// The room's rules refuse what the request asks for: the request is wrong, not its sender.
absl::Status AsRoomState(const absl::Status& status) {
  if (!HasErrcode(status, "M_FORBIDDEN")) return status;
  return Matrix(400, "M_INVALID_ROOM_STATE", Std(status.message()));
}

absl::StatusOr<std::string> WriteRoom(const Context& context, const rpc::Call& call, const RoomPlan& plan,
                                      const event::VerifiedPdu& create) {
  auto opened = RoomWrite::Create(context, create);
  if (!opened.ok()) return AsRoomState(opened.status());
  RoomWrite& write = **opened;
  for (const RoomPlan::Event& event : plan.events) {
    const auto added = write.Add({plan.creator, event.type, event.state_key, event.content});
    if (!added.ok()) return AsRoomState(added.status());
  }
  if (plan.published) write.SetPublished(true);
  PARLEY_RETURN_IF_ERROR(write.Commit(call).status());
  return create->room_id.str();
}

// The room is made where the request came: its id is one of a partition that is ours. In v12 the id follows from the
// create event, which has a later time in each attempt.
absl::StatusOr<event::VerifiedPdu> BuildOwnCreateEvent(const Context& context, const RoomPlan& plan, int64_t& later_ms) {
  constexpr int kAttempts = 4096;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    PARLEY_TRY(event::VerifiedPdu create,
               BuildCreateEvent(context, *plan.version, plan.creator, plan.create_content, later_ms));
    if (context.streams.Owns(context.rooms.PartitionOf(create->room_id.str()))) return create;
    ++later_ms;
  }
  return WrongOwner("room of any partition");
}

absl::StatusOr<std::string> MakeOnce(const Context& context, const rpc::Call& call, const RoomPlan& plan,
                                     int64_t& later_ms) {
  PARLEY_TRY(const event::VerifiedPdu create, BuildOwnCreateEvent(context, plan, later_ms));
  if (!plan.alias) return WriteRoom(context, call, plan, create);
  // The alias comes first: a room whose name turns out to be taken must not exist.
  const absl::Status named = StoreAlias(context, call, {plan.alias->str(), create->room_id.str(), plan.creator.str()});
  if (absl::IsAlreadyExists(named)) return Matrix(400, "M_ROOM_IN_USE", "This alias is taken");
  PARLEY_RETURN_IF_ERROR(named);
  auto made = WriteRoom(context, call, plan, create);
  if (!made.ok()) PARLEY_RETURN_IF_ERROR(EraseAlias(context, call, plan.alias->str()));
  return made;
}

// A room that replaces another by its create event (an upgrade by hand): the creator's settings
// follow, as those of everybody do who joins later.
void FollowPredecessor(const Context& context, const rpc::Call& call, const RoomPlan& plan,
                       const std::string& room_id) {
  const json::Object* predecessor = json::FindObject(plan.create_content, "predecessor");
  if (predecessor == nullptr) return;
  const std::string old = std::string(json::StringOr(*predecessor, "room_id", ""));
  const auto membership = MembershipElsewhere(context, old, plan.creator.str());
  if (!membership.ok() || !*membership) return;
  accounts::v1::CopyRoomSettingsRequest request;
  request.set_user_id(plan.creator.str());
  request.set_from_room_id(old);
  request.set_to_room_id(room_id);
  context.accounts.CopyRoomSettings(call, request).IgnoreError();
}

void InviteOthers(const Context& context, const rpc::Call& call, const RoomPlan& plan, const std::string& room_id) {
  std::vector<Draft> invites;
  for (const RoomPlan::Event& event : plan.remote_invites) {
    invites.push_back({plan.creator, event.type, event.state_key, event.content});
  }
  InviteRemoteUsers(context, call, room_id, invites);
}

}  // namespace

absl::StatusOr<std::string> MakeRoom(const Context& context, const rpc::Call& call, const RoomPlan& plan) {
  constexpr int64_t kTwins = 64;
  absl::StatusOr<std::string> made;
  int64_t later_ms = 0;
  // In v12 a room is named by its create event: two that say the same at the same millisecond would be one room. And a
  // partition may be given up between the choice of the id and the commit.
  for (int64_t attempt = 0; attempt < kTwins; ++attempt, ++later_ms) {
    made = Retry(call, [&] { return MakeOnce(context, call, plan, later_ms); });
    const bool another = absl::IsAlreadyExists(made.status()) || IsWrongOwner(made.status());
    if (!another || context.streams.Owned().empty()) return made;
  }
  return made;
}

absl::StatusOr<v1::CreateRoomResponse> CreateNewRoom(const Context& context, const rpc::Call& call,
                                                     const v1::CreateRoomRequest& request) {
  PARLEY_TRY(const RoomPlan plan, PlanRoom(context.config, request));
  v1::CreateRoomResponse response;
  PARLEY_TRY(*response.mutable_room_id(), MakeRoom(context, call, plan));
  FollowPredecessor(context, call, plan, response.room_id());
  InviteOthers(context, call, plan, response.room_id());
  if (plan.alias) response.set_room_alias(plan.alias->str());
  return response;
}

}  // namespace parley::events
