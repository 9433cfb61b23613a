#pragma once

#include <cstdint>
#include <memory>

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "services/gateway/sync/difference.h"
#include "services/gateway/sync/heard.h"
#include "services/gateway/sync/session.h"
#include "services/gateway/sync/sync_query.h"

namespace parley::accounts {
class AccountsService;
}

namespace parley::gateway {

// The user's part of a sync: memberships, account data, to-device messages, key counts. Asks `accounts` only when something of the
// user changed since the client's token or the session knows nothing yet.
//
// Threads: safe from any. Lifetime: borrows its arguments.
class AccountProvider {
 public:
  AccountProvider(accounts::AccountsService& accounts, const Heard& heard, SessionTable& sessions,
                  uint32_t partitions)
      : accounts_(accounts), heard_(heard), sessions_(sessions), partitions_(partitions) {}

  struct Part {
    std::shared_ptr<const UserSnapshot> user;
    // Where the client's token stands in the accounts stream after this.
    int64_t position = 0;
    int64_t to_device_position = 0;
    bool own_devices_changed = false;
    bool ignored_users_changed = false;
    // Others whose keys this user has signed since.
    std::vector<std::string> users_signed = {};
  };

  // Adds account data, to-device messages and counts to `difference`.
  absl::StatusOr<Part> Read(const rpc::Call& call, const SyncQuery& query,
                            const std::shared_ptr<Session>& session, Difference& difference);

 private:
  bool IsFresh(const SyncQuery& query, const Session& session) const;

  accounts::AccountsService& accounts_;
  const Heard& heard_;
  SessionTable& sessions_;
  const uint32_t partitions_;
};

}  // namespace parley::gateway
