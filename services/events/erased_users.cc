#include "services/events/erased_users.h"

#include <absl/synchronization/blocking_counter.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {

ErasedUsers::ErasedUsers(store::Store& store, stream::Streams& streams) : store_(store), streams_(streams) {}

absl::Status ErasedUsers::Load() {
  return store_.Read([this](store::Reader& db) {
    return ScanErased(db, [this](Partition partition, std::string_view user_id, int64_t position) {
      if (partition < streams_.partitions()) Remember(std::string(user_id), partition, position);
    });
  });
}

absl::StatusOr<std::vector<Partition>> ErasedUsers::Erase(const std::string& user_id) {
  const std::vector<Partition> owned = streams_.Owned();
  absl::BlockingCounter left(static_cast<int>(owned.size()));
  std::vector<absl::Status> outcomes(owned.size());
  for (size_t i = 0; i < owned.size(); ++i) {
    Append(user_id, owned[i], [&left, outcome = &outcomes[i]](const absl::Status& status) {
      *outcome = status;
      left.DecrementCount();
    });
  }
  left.Wait();
  for (const absl::Status& outcome : outcomes) PARLEY_RETURN_IF_ERROR(outcome);
  return owned;
}

void ErasedUsers::Append(const std::string& user_id, Partition partition, Done done) {
  int64_t position = 0;
  const auto build = [&](int64_t first) -> absl::StatusOr<stream::Appended> {
    position = first - 1;
    stream::Appended appended{.batch = {}, .count = 0, .keys = {}};
    AddErased(appended.batch, partition, user_id, position);
    return appended;
  };
  const absl::Status queued = streams_.For(partition).Append(
      build, [done](const absl::StatusOr<int64_t>& outcome) { done(outcome.status()); });
  if (queued.ok()) {
    Remember(user_id, partition, position);
  } else {
    done(queued);
  }
}

void ErasedUsers::Remember(const std::string& user_id, Partition partition, int64_t position) {
  absl::MutexLock lock(&mutex_);
  std::vector<int64_t>& positions = positions_.try_emplace(user_id, streams_.partitions(), -1).first->second;
  if (positions[partition] < 0) positions[partition] = position;
}

std::optional<int64_t> ErasedUsers::ErasedAt(std::string_view user_id, Partition partition) const {
  absl::ReaderMutexLock lock(&mutex_);
  if (positions_.empty()) return std::nullopt;
  const auto found = positions_.find(Abs(user_id));
  if (found == positions_.end() || found->second[partition] < 0) return std::nullopt;
  return found->second[partition];
}

}  // namespace parley::events
