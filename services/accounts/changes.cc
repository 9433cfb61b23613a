#include "services/accounts/changes.h"

#include <map>
#include <memory>
#include <utility>

#include <absl/synchronization/blocking_counter.h>

#include "common/bus/wake_keys.h"
#include "common/stream/writer.h"

namespace parley::accounts {
namespace {

// The commits of several partitions, waited for together.
class Outcomes {
 public:
  explicit Outcomes(int count) : pending_(count) {}

  void Finished(const absl::Status& status) {
    {
      absl::MutexLock lock(&mutex_);
      status_.Update(status);
    }
    pending_.DecrementCount();
  }

  absl::Status Wait() {
    pending_.Wait();
    absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  absl::BlockingCounter pending_;
  absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<int64_t> Changes::Commit(LockedAccount& account, Fill fill) {
  return Commit(account, {account->id.str()}, fill);
}

absl::StatusOr<int64_t> Changes::CommitOfTokens(LockedAccount& account, Fill fill) {
  return Commit(account, {account->id.str(), bus::TokensKey(account->id.str())}, fill);
}

absl::StatusOr<int64_t> Changes::Commit(LockedAccount& account, std::vector<std::string> keys, Fill fill) {
  auto position = streams_.For(account->partition).AppendAndWait([&](int64_t first) -> absl::StatusOr<stream::Appended> {
    stream::Appended appended;
    appended.keys = std::move(keys);
    fill(appended.batch, first);
    return appended;
  });
  if (!position.ok()) account.Forget();
  return position;
}

// All users of one partition share a position: they change together.
absl::Status Changes::CommitAll(std::vector<LockedAccount>& accounts, FillOne fill) {
  std::map<Partition, std::vector<LockedAccount*>> by_partition;
  for (LockedAccount& account : accounts) by_partition[account->partition].push_back(&account);
  Outcomes outcomes(static_cast<int>(by_partition.size()));
  for (const auto& [partition, members] : by_partition) {
    const auto build = [&](int64_t first) -> absl::StatusOr<stream::Appended> {
      stream::Appended appended;
      for (LockedAccount* account : members) {
        appended.keys.push_back((*account)->id.str());
        fill(appended.batch, *account, first);
      }
      return appended;
    };
    const absl::Status queued = streams_.For(partition).Append(
        build, [&outcomes](absl::StatusOr<int64_t> position) { outcomes.Finished(position.status()); });
    if (!queued.ok()) outcomes.Finished(queued);
  }
  absl::Status status = outcomes.Wait();
  if (!status.ok()) {
    for (LockedAccount& account : accounts) account.Forget();
  }
  return status;
}

absl::Status Changes::CommitQuietly(Partition partition, store::Batch batch) {
  return streams_.For(partition).CommitQuietly(std::move(batch));
}

void Changes::PostQuietly(Partition partition, store::Batch batch) {
  streams_.For(partition)
      .Append([&](int64_t) -> absl::StatusOr<stream::Appended> { return stream::Appended{std::move(batch), 0, {}}; },
              [](const absl::StatusOr<int64_t>&) {})
      .IgnoreError();
}

int64_t Changes::Head(Partition partition) const { return streams_.For(partition).committed_head(); }

bool Changes::Owns(Partition partition) const { return streams_.Owns(partition); }

std::vector<Partition> Changes::Owned() const { return streams_.Owned(); }

Partition Changes::Any(Rng& rng) const {
  const std::vector<Partition> owned = Owned();
  return owned.empty() ? 0 : owned[static_cast<unsigned char>(rng.Bytes(1)[0]) % owned.size()];
}

uint32_t Changes::partitions() const { return streams_.partitions(); }

}  // namespace parley::accounts
