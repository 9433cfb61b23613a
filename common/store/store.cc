#include "common/store/store.h"

#include <utility>

#include <absl/synchronization/notification.h>

#include "common/status/macros.h"
#include "common/store/probe.h"

namespace parley::store {

absl::Status Store::Commit(Batch batch, std::optional<Fence> fence) {
  absl::Notification committed;
  absl::Status result;
  PARLEY_RETURN_IF_ERROR(Enqueue(std::move(batch), fence, [&](absl::Status status) {
    result = std::move(status);
    committed.Notify();
  }));
  committed.WaitForNotification();
  return result;
}

absl::StatusOr<StreamState> ReadStream(Reader& reader, std::string_view service,
                                       Partition partition) {
  StreamState state;
  PARLEY_RETURN_IF_ERROR(
      reader.Query("SELECT epoch, head FROM streams WHERE p = $1 AND service = $2",
                   {partition, service}, [&](const Row& row) {
                     state = {row.Int(0), row.Int(1)};
                   }));
  return state;
}

Probe& Probe::Silent() {
  static Probe probe;
  return probe;
}

}  // namespace parley::store
