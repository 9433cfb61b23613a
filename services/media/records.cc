#include "services/media/records.h"

#include <utility>

#include "common/status/macros.h"

namespace parley::media {

template <class Row, class... Args>
absl::StatusOr<Row> Records::Read(absl::StatusOr<Row> (*find)(store::Reader&, Args...),
                                  std::type_identity_t<Args>... args) const {
  Row row;
  PARLEY_RETURN_IF_ERROR(store_.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(row, find(db, args...));
    return absl::OkStatus();
  }));
  return row;
}

absl::StatusOr<std::optional<FileRow>> Records::File(const Place& place) const {
  return Read(FindFile, place);
}

absl::StatusOr<std::optional<Reservation>> Records::ReservationOf(const Place& place) const {
  return Read(FindReservation, place);
}

absl::StatusOr<int64_t> Records::ReservationsOf(Partition p, std::string_view owner,
                                                int64_t now_ms) const {
  return Read(CountReservations, p, owner, now_ms);
}

absl::StatusOr<std::vector<std::string>> Records::Expired(Partition p, int64_t now_ms) const {
  return Read(ExpiredReservations, p, now_ms);
}

absl::StatusOr<std::optional<ThumbnailRow>> Records::Thumbnail(const Place& place,
                                                               const ThumbnailKey& key) const {
  return Read(FindThumbnail, place, key);
}

absl::Status Records::Commit(Partition p, store::Batch batch) {
  return streams_.For(p).CommitQuietly(std::move(batch));
}

}  // namespace parley::media
