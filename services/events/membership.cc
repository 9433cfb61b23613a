#include "services/events/membership.h"

#include <absl/algorithm/container.h>

#include "common/event/event_types.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/events/federation/invite_remote.h"
#include "services/events/federation/remote_join.h"
#include "services/events/federation/remote_membership.h"
#include "services/events/federation/room_joins.h"
#include "services/events/graph/graph.h"
#include "services/events/other_room.h"
#include "services/events/restricted_join.h"
#include "services/events/retry.h"
#include "services/events/room_write.h"
#include "services/events/transactions.h"

namespace parley::events {
namespace {

using event::Membership;

// Of a member event's content: the server's to say, never a client's.
constexpr std::string_view kAuthoriser = "join_authorised_via_users_server";

struct Change {
  UserId sender;
  std::string target;
  v1::MembershipAction action = v1::MEMBERSHIP_ACTION_UNSPECIFIED;
  json::Object content;
  uint32_t flags = 0;
};

std::string_view MembershipAfter(v1::MembershipAction action) {
  switch (action) {
    case v1::MEMBERSHIP_ACTION_JOIN:
    case v1::MEMBERSHIP_ACTION_UPDATE_PROFILE:
      return "join";
    case v1::MEMBERSHIP_ACTION_INVITE:
      return "invite";
    case v1::MEMBERSHIP_ACTION_KNOCK:
      return "knock";
    case v1::MEMBERSHIP_ACTION_BAN:
      return "ban";
    default:
      return "leave";
  }
}

// Invites and joins show who it is; the rest says nothing of a profile.
bool ShowsProfile(v1::MembershipAction action) {
  return action == v1::MEMBERSHIP_ACTION_JOIN || action == v1::MEMBERSHIP_ACTION_INVITE ||
         action == v1::MEMBERSHIP_ACTION_KNOCK;
}

absl::StatusOr<Change> MakeChange(const v1::ChangeMembershipRequest& request) {
  Change change{UserId::Trusted(request.requester().user_id()), request.target_user_id(), request.action(), {}, 0};
  if (change.target.empty()) change.target = change.sender.str();
  if (!UserId::Parse(change.target).ok()) return InvalidParam("user_id must be a user id");
  if (!request.extra_content().empty()) {
    PARLEY_TRY(change.content, json::ParseObject(request.extra_content()));
    change.content.Erase(kAuthoriser);
  }
  change.content.Set("membership", MembershipAfter(request.action()));
  if (!request.reason().empty()) change.content.Set("reason", request.reason());
  if (request.is_direct() && request.action() == v1::MEMBERSHIP_ACTION_INVITE) change.content.Set("is_direct", true);
  if (ShowsProfile(request.action())) SetProfile(request.profile(), change.content);
  return change;
}

// What the auth rules leave open and clients still want to be told.
absl::Status CheckTarget(const Change& change, std::optional<Membership> now) {
  const bool gone = !now || *now == Membership::kLeave;
  switch (change.action) {
    case v1::MEMBERSHIP_ACTION_KICK:
      if (gone || now == Membership::kBan) return Forbidden("The user is not in the room");
      return absl::OkStatus();
    case v1::MEMBERSHIP_ACTION_UNBAN:
      return now == Membership::kBan ? absl::OkStatus() : Forbidden("The user is not banned");
    case v1::MEMBERSHIP_ACTION_LEAVE:
      return now ? absl::OkStatus() : Forbidden("You are not in this room");
    case v1::MEMBERSHIP_ACTION_INVITE:
      return now == Membership::kJoin ? Forbidden("The user is in the room already") : absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

// Joining where one is, or leaving where one is not, changes nothing.
bool IsDone(const Change& change, std::optional<Membership> now) {
  if (change.action == v1::MEMBERSHIP_ACTION_JOIN) return now == Membership::kJoin;
  return change.action == v1::MEMBERSHIP_ACTION_LEAVE && now == Membership::kLeave;
}

absl::StatusOr<Sent> Present(RoomWrite& write, const std::string& user) {
  PARLEY_TRY(const event::PduPtr member, write.State(event::kMember, user));
  const std::optional<Member> row = write.room().state.FindMember(user);
  return Sent{member ? member->event_id.str() : "", row ? row->event_pos : 0};
}

absl::Status AuthoriseJoin(RoomWrite& write, bool meets_condition, const Context& context, Change& change) {
  if (change.content.Find("membership")->AsString() == nullptr || change.target != change.sender.str()) {
    return absl::OkStatus();
  }
  if (*change.content.Find("membership")->AsString() != "join") return absl::OkStatus();
  change.content.Erase(kAuthoriser);
  if (!meets_condition) return absl::OkStatus();
  PARLEY_TRY(const std::string authoriser, FindAuthoriser(context, write));
  if (!authoriser.empty()) change.content.Set(kAuthoriser, authoriser);
  return absl::OkStatus();
}

absl::StatusOr<Sent> Commit(const rpc::Call& call, RoomWrite& write, const Change& change) {
  Draft draft{change.sender, std::string(event::kMember), change.target, change.content};
  draft.flags = change.flags;
  PARLEY_RETURN_IF_ERROR(write.Add(std::move(draft)).status());
  return write.Commit(call);
}

// Who follows a room into its next version keeps tags, direct-chat mark and push rules for it. What fails here is no
// reason to fail the join.
void FollowUpgrade(const Context& context, const rpc::Call& call, Room& room, const std::string& user) {
  const auto create = StateEvent(context.store, room, event::kCreate, "");
  if (!create.ok() || !*create) return;
  const json::Object* predecessor = json::FindObject((*create)->content, "predecessor");
  if (!predecessor) return;
  const std::string old = std::string(json::StringOr(*predecessor, "room_id", ""));
  const auto membership = MembershipElsewhere(context, old, user);
  if (!membership.ok() || !*membership) return;
  accounts::CopyRoomSettingsRequest request;
  request.set_user_id(user);
  request.set_from_room_id(old);
  request.set_to_room_id(room.id);
  context.accounts.CopyRoomSettings(call, request).IgnoreError();
}

absl::Status CheckGuest(const Context& context, Room& room, const v1::ChangeMembershipRequest& request) {
  if (!request.requester().is_guest() || request.action() != v1::MEMBERSHIP_ACTION_JOIN) return absl::OkStatus();
  PARLEY_TRY(const event::PduPtr access, StateEvent(context.store, room, "m.room.guest_access", ""));
  if (access && json::StringOr(access->content, "guest_access", "") == "can_join") return absl::OkStatus();
  return Matrix(403, "M_GUEST_ACCESS_FORBIDDEN", "Guests may not join this room");
}

bool IsRemote(const Context& context, const std::string& user) {
  return UserId::Trusted(user).server_name() != context.config.server_name;
}

absl::StatusOr<Sent> InviteRemote(const Context& context, const rpc::Call& call, const std::string& room_id,
                                  const Change& change) {
  return InviteRemoteUser(context, call, room_id,
                          {change.sender, std::string(event::kMember), change.target, change.content});
}

absl::StatusOr<Sent> ChangeOnce(const Context& context, const rpc::Call& call, const std::string& room_id,
                                Change change) {
  if (change.action == v1::MEMBERSHIP_ACTION_INVITE && IsRemote(context, change.target)) {
    return InviteRemote(context, call, room_id, change);
  }
  PARLEY_TRY(const RoomPtr room, context.rooms.Get(room_id));
  const bool is_own_join = change.target == change.sender.str() && change.action != v1::MEMBERSHIP_ACTION_LEAVE;
  bool meets_condition = false;
  if (is_own_join) {
    PARLEY_TRY(const JoinCondition condition, JudgeJoinCondition(context, *room, change.target));
    meets_condition = condition == JoinCondition::kMet;
  }
  PARLEY_TRY(auto write, RoomWrite::Open(context, room_id));
  const std::optional<Member> member = write->room().state.FindMember(change.target);
  const std::optional<Membership> now = member ? std::optional(member->membership) : std::nullopt;
  if (IsDone(change, now) && !write->room().FindInTail(member->event_pos)) return Present(*write, change.target);
  PARLEY_RETURN_IF_ERROR(CheckTarget(change, now));
  PARLEY_RETURN_IF_ERROR(AuthoriseJoin(*write, meets_condition, context, change));
  PARLEY_TRY(Sent sent, Commit(call, *write, change));
  if (change.action == v1::MEMBERSHIP_ACTION_JOIN) FollowUpgrade(context, call, *room, change.target);
  return sent;
}

// Keys that the user set for this room alone stay (S55); so does all else in the content.
void CopyProfile(const common::v1::ProfileFields& profile, uint32_t flags, json::Object& content) {
  if (!(flags & kOwnName)) {
    content.Erase("displayname");
    if (profile.has_displayname()) content.Set("displayname", profile.displayname());
  }
  if (!(flags & kOwnAvatar)) {
    content.Erase("avatar_url");
    if (profile.has_avatar_url()) content.Set("avatar_url", profile.avatar_url());
  }
}

constexpr size_t kMaxGenerations = 1024;

// Whether a later change of this user's profile was written to the room. Inside the lane.
bool IsOutdated(RoomWrite& write, const std::string& user, int64_t generation) {
  if (generation == 0) return false;
  auto& latest = write.room().profile_generations;
  if (latest.size() >= kMaxGenerations) latest.clear();
  int64_t& known = latest[user];
  if (generation < known) return true;
  known = generation;
  return false;
}

absl::StatusOr<Sent> UpdateProfileOnce(const Context& context, const rpc::Call& call,
                                       const v1::ChangeMembershipRequest& request) {
  const std::string& user =
      request.target_user_id().empty() ? request.requester().user_id() : request.target_user_id();
  PARLEY_TRY(auto write, RoomWrite::Open(context, request.room_id()));
  const std::optional<TxnKey> key =
      request.txn_id().empty() ? std::nullopt : std::optional(TxnKey{user, "", request.txn_id(), "profile"});
  if (key) {
    PARLEY_TRY(std::optional<Sent> sent, FindTransaction(context, call, write, *key));
    if (sent) return *std::move(sent);
  }
  if (!write->room().state.IsJoined(user)) return Sent{};
  if (IsOutdated(*write, user, request.profile_generation())) return Sent{};
  PARLEY_TRY(const event::PduPtr member, write->State(event::kMember, user));
  PARLEY_TRY(const uint32_t flags, write->StateFlags(event::kMember, user));
  Change change{UserId::Trusted(user), user, request.action(), member->content, flags & (kOwnName | kOwnAvatar)};
  change.content.Erase("reason");
  CopyProfile(request.profile(), flags, change.content);
  if (key) write->SetTxn(*key);
  return Commit(call, *write, change);
}

bool Differs(const json::Object& content, std::string_view key, bool has, const std::string& value) {
  const json::Value* given = content.Find(key);
  return given && (!has || !given->AsString() || *given->AsString() != value);
}

v1::MembershipAction ActionFor(std::string_view membership, bool own) {
  if (membership == "join") return v1::MEMBERSHIP_ACTION_JOIN;
  if (membership == "invite") return v1::MEMBERSHIP_ACTION_INVITE;
  if (membership == "knock") return v1::MEMBERSHIP_ACTION_KNOCK;
  if (membership == "ban") return v1::MEMBERSHIP_ACTION_BAN;
  return own ? v1::MEMBERSHIP_ACTION_LEAVE : v1::MEMBERSHIP_ACTION_UNSPECIFIED;
}

absl::StatusOr<Sent> SendMembershipOnce(const Context& context, const rpc::Call& call,
                                        const v1::SendRequest& request, Change change) {
  auto opened = RoomWrite::Open(context, request.room_id());
  if (HasErrcode(opened.status(), "M_NOT_FOUND")) return Forbidden("You are not in this room");
  PARLEY_TRY(auto write, std::move(opened));
  const bool own = change.target == change.sender.str();
  if (change.action == v1::MEMBERSHIP_ACTION_INVITE && IsRemote(context, change.target)) {
    write.reset();
    return InviteRemote(context, call, request.room_id(), change);
  }
  if (own && change.action == v1::MEMBERSHIP_ACTION_JOIN && !write->room().state.IsJoined(change.target)) {
    write.reset();
    return ChangeOnce(context, call, request.room_id(), std::move(change));
  }
  return Commit(call, *write, change);
}

}  // namespace

void SetProfile(const common::v1::ProfileFields& profile, json::Object& content) {
  if (profile.has_displayname()) content.Set("displayname", profile.displayname());
  if (profile.has_avatar_url()) content.Set("avatar_url", profile.avatar_url());
}

namespace {

bool IsOwnChange(const v1::ChangeMembershipRequest& request) {
  return request.action() == v1::MEMBERSHIP_ACTION_JOIN || request.action() == v1::MEMBERSHIP_ACTION_KNOCK ||
         request.action() == v1::MEMBERSHIP_ACTION_LEAVE;
}

RemoteChange RemoteChangeOf(const v1::ChangeMembershipRequest& request, const Change& change) {
  return {request.room_id(), change.sender, change.content, {request.servers().begin(), request.servers().end()}};
}

// Nobody here may let the user into a restricted room; on another server of the room somebody may.
bool MayOthersLetIn(const Context& context, const v1::ChangeMembershipRequest& request, const absl::Status& status) {
  if (request.action() != v1::MEMBERSHIP_ACTION_JOIN || !HasErrcode(status, "M_FORBIDDEN")) return false;
  const auto room = context.rooms.Get(request.room_id());
  if (!room.ok() || !(*room)->state.HasOtherServers(context.config.server_name)) return false;
  const auto condition = JudgeJoinCondition(context, **room, request.requester().user_id());
  return condition.ok() && *condition != JoinCondition::kNone;
}

absl::StatusOr<Sent> ChangeHere(const Context& context, const rpc::Call& call,
                                const v1::ChangeMembershipRequest& request, const Change& change) {
  auto sent = Retry(call, [&]() -> absl::StatusOr<Sent> {
    if (request.action() == v1::MEMBERSHIP_ACTION_UPDATE_PROFILE) return UpdateProfileOnce(context, call, request);
    PARLEY_TRY(const RoomPtr room, context.rooms.Get(request.room_id()));
    PARLEY_RETURN_IF_ERROR(CheckGuest(context, *room, request));
    return ChangeOnce(context, call, request.room_id(), change);
  });
  if (sent.ok() || !MayOthersLetIn(context, request, sent.status())) return sent;
  auto granted = JoinThroughOthers(context, call, RemoteChangeOf(request, change));
  return granted.ok() ? granted : sent;
}

absl::StatusOr<Sent> JoinElsewhere(const Context& context, const rpc::Call& call,
                                   const v1::ChangeMembershipRequest& request, const Change& change) {
  if (request.requester().is_guest()) return Matrix(403, "M_GUEST_ACCESS_FORBIDDEN", "Guests may not join this room");
  const auto turn = context.room_joins.Begin(request.room_id(), call.deadline);
  if (!turn) return absl::DeadlineExceededError("another join of the room takes too long");
  if (IsResident(context, request.room_id())) return ChangeHere(context, call, request, change);
  PARLEY_TRY(Sent sent, JoinRemotely(context, call, RemoteChangeOf(request, change)));
  // What is wrong with it is its senders' trouble.
  for (const v1::ReceivePdusRequest& held : turn->TakeHeld()) {
    context.graph.ReceivePdus(call, held).IgnoreError();
  }
  if (const auto room = context.rooms.Get(request.room_id()); room.ok()) {
    FollowUpgrade(context, call, **room, change.target);
  }
  return sent;
}

absl::StatusOr<Sent> ChangeElsewhere(const Context& context, const rpc::Call& call,
                                     const v1::ChangeMembershipRequest& request, const Change& change) {
  switch (request.action()) {
    case v1::MEMBERSHIP_ACTION_JOIN:
      return JoinElsewhere(context, call, request, change);
    case v1::MEMBERSHIP_ACTION_KNOCK:
      return KnockRemotely(context, call, RemoteChangeOf(request, change));
    default:
      return LeaveRemotely(context, call, RemoteChangeOf(request, change));
  }
}

// Through another server: this one is not in the room, and others are, or say so by an invite.
bool IsElsewhere(const Context& context, const v1::ChangeMembershipRequest& request) {
  if (!IsOwnChange(request) || IsResident(context, request.room_id())) return false;
  const auto row = RemoteMembershipOf(context, request.room_id(), request.requester().user_id());
  const bool has_row = row.ok() && row->has_value();
  if (has_row || request.action() == v1::MEMBERSHIP_ACTION_LEAVE) return has_row;
  const auto room = context.rooms.Get(request.room_id());
  return !room.ok() || (*room)->state.HasOtherServers(context.config.server_name);
}

}  // namespace

absl::StatusOr<v1::ChangeMembershipResponse> ChangeRoomMembership(const Context& context, const rpc::Call& call,
                                                                  const v1::ChangeMembershipRequest& request) {
  PARLEY_TRY(const Change change, MakeChange(request));
  PARLEY_TRY(const Sent sent, IsElsewhere(context, request) ? ChangeElsewhere(context, call, request, change)
                                                            : ChangeHere(context, call, request, change));
  v1::ChangeMembershipResponse response;
  response.set_event_id(sent.event_id);
  response.set_partition(context.rooms.PartitionOf(request.room_id()));
  response.set_position(sent.position);
  return response;
}

absl::StatusOr<v1::SendResponse> SendMembership(const Context& context, const rpc::Call& call,
                                                const v1::SendRequest& request, json::Object content) {
  const bool own = request.state_key() == request.requester().user_id();
  const std::string membership = *json::FindString(content, "membership");
  Change change{UserId::Trusted(request.requester().user_id()), request.state_key(), ActionFor(membership, own), {}, 0};
  if (own && membership == "join") {
    const auto& profile = request.profile();
    if (Differs(content, "displayname", profile.has_displayname(), profile.displayname())) change.flags |= kOwnName;
    if (Differs(content, "avatar_url", profile.has_avatar_url(), profile.avatar_url())) change.flags |= kOwnAvatar;
  }
  if (membership == "join" || membership == "invite") {
    SetProfile(request.profile(), change.content);
  }
  for (auto& [key, value] : content) change.content.Set(key, std::move(value));
  change.content.Erase(kAuthoriser);
  PARLEY_TRY(const Sent sent, Retry(call, [&] { return SendMembershipOnce(context, call, request, change); }));
  v1::SendResponse response;
  response.set_event_id(sent.event_id);
  response.set_partition(context.rooms.PartitionOf(request.room_id()));
  response.set_position(sent.position);
  return response;
}

}  // namespace parley::events
