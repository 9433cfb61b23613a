#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>

#include "common/base/partition.h"
#include "common/rpc/call.h"
#include "common/store/batch.h"
#include "common/store/store.h"
#include "common/stream/writer.h"
#include "services/events/rows.h"

namespace parley::accounts {
class AccountsService;
}

namespace parley::events {

// A committed membership event of a local user.
struct MembershipChange {
  Partition partition = 0;
  int64_t position = 0;
  std::string user_id;
  std::string room_id;
  std::string membership;
  std::string event_id;
  std::string sender;
};

// Tells `accounts` of every membership of its users. A row in the store, committed with the event, stays until `accounts`
// has answered, so that no crash loses one; telling twice does no harm.
//
// Threads: any. Lifetime: borrows all.
class Outbox {
 public:
  Outbox(store::Store& store, stream::Streams& streams, accounts::AccountsService& accounts,
         const std::string& server_name)
      : store_(store), streams_(streams), accounts_(accounts), server_name_(server_name) {}

  // Tells now. What `accounts` can't take stays in the store for Repair.
  void Tell(const rpc::Call& call, const std::vector<MembershipChange>& changes);
  // Adds to a batch of partition `p` what deletes the rows that were told of: it costs no commit of its own.
  void AddDeletions(store::Batch& batch, Partition p);
  // Tells everything that is in the store, and deletes what no other batch has: at the start, and now and then.
  void Repair(const rpc::Call& call);

  // Rows told of but not deleted yet.
  size_t told() const;

 private:
  bool TellOne(const rpc::Call& call, const MembershipChange& change);
  void RepairPartition(const rpc::Call& call, Partition p);
  absl::StatusOr<std::vector<MembershipChange>> Untold(Partition p);
  bool IsTold(Partition p, int64_t position) const;

  // The memberships that state resolution changed with `event`.
  absl::Status AddResolved(store::Reader& db, Partition p, const EventRow& event, const std::string& room_id,
                           std::vector<MembershipChange>& changes) const;

  store::Store& store_;
  stream::Streams& streams_;
  accounts::AccountsService& accounts_;
  const std::string& server_name_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<Partition, std::vector<int64_t>> told_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::events
