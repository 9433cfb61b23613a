#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/base/ids.h"
#include "common/rpc/call.h"

namespace parley::accounts {
class AccountsService;
}

namespace parley::gateway {

struct Deps;

// The rooms that `user` is joined to, as `accounts` has them. Sorted.
absl::StatusOr<std::vector<std::string>> RoomsOfUser(accounts::AccountsService& accounts, const rpc::Call& call,
                                                     const UserId& user);

// The rooms that both are joined to, of which one may be another server's. Sorted.
absl::StatusOr<std::vector<std::string>> SharedRooms(const Deps& deps, const rpc::Call& call, const UserId& one,
                                                     const UserId& other);

}  // namespace parley::gateway
