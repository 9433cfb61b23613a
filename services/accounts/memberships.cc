#include "services/accounts/memberships.h"

#include <algorithm>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/tables/account.h"

namespace parley::accounts {
namespace {

const v1::Membership* Find(const Account& account, const std::string& room_id) {
  const auto found = account.memberships.find(room_id);
  return found == account.memberships.end() ? nullptr : &found->second;
}

// A change of the profile while joined is no new join.
bool IsNewJoin(const v1::Membership* before, const v1::Membership& now) {
  const bool was_joined = before != nullptr && before->membership() == "join";
  return now.membership() == "join" && !was_joined;
}

}  // namespace

absl::StatusOr<int64_t> Memberships::Record(const UserId& user, const v1::Membership& membership) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.Lock(user));
  if (!account->exists) return 0;
  const v1::Membership* before = Find(*account, membership.room_id());
  if (before != nullptr && before->position() >= membership.position()) return before->recorded_at();
  v1::Membership now = membership;
  const bool is_new_join = IsNewJoin(before, now);
  now.set_joined_recorded_at(before == nullptr ? 0 : before->joined_recorded_at());
  now.set_forgotten(false);
  return Write(account, std::move(now), is_new_join);
}

absl::StatusOr<int64_t> Memberships::Write(LockedAccount& account, v1::Membership membership, bool is_new_join) {
  PARLEY_TRY(const int64_t position, deps_.changes.Commit(account, [&](store::Batch& batch, int64_t at) {
    membership.set_recorded_at(at);
    if (is_new_join) membership.set_joined_recorded_at(at);
    tables::PutMembership(batch, *account, membership);
  }));
  account->last_change = position;
  std::string room_id = membership.room_id();
  account->memberships[std::move(room_id)] = std::move(membership);
  return position;
}

absl::StatusOr<v1::ListMembershipsResponse> Memberships::List(const UserId& user,
                                                              const std::vector<std::string>& kinds) {
  PARLEY_TRY(const LockedAccount account, deps_.accounts.Lock(user));
  v1::ListMembershipsResponse answer;
  for (const auto& [room_id, membership] : account->memberships) {
    const bool wanted =
        kinds.empty() || std::find(kinds.begin(), kinds.end(), membership.membership()) != kinds.end();
    if (wanted && !membership.forgotten()) *answer.add_memberships() = membership;
  }
  answer.set_position(account->last_change);
  return answer;
}

absl::Status Memberships::Forget(const UserId& user, const std::string& room_id) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  const v1::Membership* before = Find(*account, room_id);
  if (before == nullptr) return NotFound("You were never in this room");
  if (before->membership() != "leave" && before->membership() != "ban") {
    return Matrix(400, "M_UNKNOWN", "You must leave the room before you forget it");
  }
  if (before->forgotten()) return absl::OkStatus();
  v1::Membership now = *before;
  now.set_forgotten(true);
  store::Batch batch;
  tables::PutMembership(batch, *account, now);
  PARLEY_RETURN_IF_ERROR(deps_.changes.CommitQuietly(account->partition, std::move(batch)));
  account->memberships[room_id] = std::move(now);
  return absl::OkStatus();
}

}  // namespace parley::accounts
