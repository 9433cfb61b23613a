#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"

namespace parley::accounts {

// Which rooms a user is in, was in or may come to: an index of what `events` has decided.
// Threads: every method may be called from any.
class Memberships {
 public:
  explicit Memberships(const Deps& deps) : deps_(deps) {}

  // Idempotent; what is older than the known changes nothing, and users of other servers have no index. Returns the
  // position at which the user's /sync shows it.
  absl::StatusOr<int64_t> Record(const UserId& user, const v1::Membership& membership);
  // Of these kinds (empty: all), forgotten ones left out.
  absl::StatusOr<v1::ListMembershipsResponse> List(const UserId& user, const std::vector<std::string>& kinds);
  // M_UNKNOWN while the user is in the room, M_NOT_FOUND for a room never known.
  absl::Status Forget(const UserId& user, const std::string& room_id);

 private:
  absl::StatusOr<int64_t> Write(LockedAccount& account, v1::Membership membership, bool is_new_join);

  const Deps deps_;
};

}  // namespace parley::accounts
