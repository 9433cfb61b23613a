#pragma once

#include <optional>
#include <type_traits>

#include <absl/status/statusor.h>

#include "common/store/store.h"
#include "common/stream/writer.h"
#include "services/media/store.h"

namespace parley::media {

// Reads and fenced writes of the tables. Threads: any. Lifetime: borrows both.
class Records {
 public:
  Records(store::Store& store, stream::Streams& streams) : store_(store), streams_(streams) {}

  absl::StatusOr<std::optional<FileRow>> File(const Place& place) const;
  absl::StatusOr<std::optional<Reservation>> ReservationOf(const Place& place) const;
  absl::StatusOr<int64_t> ReservationsOf(Partition p, std::string_view owner, int64_t now_ms) const;
  absl::StatusOr<std::vector<std::string>> Expired(Partition p, int64_t now_ms) const;
  absl::StatusOr<std::optional<ThumbnailRow>> Thumbnail(const Place& place,
                                                        const ThumbnailKey& key) const;

  // Durable when it returns.
  absl::Status Commit(Partition p, store::Batch batch);

 private:
  template <class Row, class... Args>
  absl::StatusOr<Row> Read(absl::StatusOr<Row> (*find)(store::Reader&, Args...),
                           std::type_identity_t<Args>... args) const;

  store::Store& store_;
  stream::Streams& streams_;
};

}  // namespace parley::media
