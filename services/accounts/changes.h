#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "common/base/rng.h"
#include "common/store/batch.h"
#include "services/accounts/account_cache.h"

namespace parley::stream {
class Streams;
}

namespace parley::accounts {

// Commits changes of accounts, and says who changed. All calls return when the change is synced to disk (or failed), so
// that an account's lock spans decision and commit. After a failure the account is forgotten and read anew.
//
// Threads: every method may be called from any, with the accounts' locks. Lifetime: borrows the streams.
class Changes {
 public:
  explicit Changes(stream::Streams& streams) : streams_(streams) {}

  // What others must learn of: gets a position in the partition's stream, and wakes the user's sessions.
  using Fill = absl::FunctionRef<void(store::Batch& batch, int64_t position)>;
  absl::StatusOr<int64_t> Commit(LockedAccount& account, Fill fill);
  // The same for what ends access tokens of the user or changes what they allow: gateways ask for them again.
  absl::StatusOr<int64_t> CommitOfTokens(LockedAccount& account, Fill fill);

  // Several users' changes, one commit for each partition, side by side. `fill` is called once for each account.
  using FillOne = absl::FunctionRef<void(store::Batch& batch, LockedAccount& account, int64_t position)>;
  absl::Status CommitAll(std::vector<LockedAccount>& accounts, FillOne fill);

  // What no /sync shows and nobody waits for.
  absl::Status CommitQuietly(Partition partition, store::Batch batch);
  // The same, without waiting for the disk: what may be lost.
  void PostQuietly(Partition partition, store::Batch batch);

  // The latest committed position.
  int64_t Head(Partition partition) const;
  // Whether this process owns it.
  bool Owns(Partition partition) const;
  std::vector<Partition> Owned() const;
  // One that it owns, for what may live anywhere.
  Partition Any(Rng& rng) const;
  uint32_t partitions() const;

 private:
  absl::StatusOr<int64_t> Commit(LockedAccount& account, std::vector<std::string> keys, Fill fill);

  stream::Streams& streams_;
};

}  // namespace parley::accounts
