#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/store/batch.h"
#include "common/store/reader.h"
#include "common/store/schema.h"
#include "services/media/place.h"

// The tables of media; no other file knows them.
//   media_files         what is known of each file whose bytes are here, ours and others'
//   media_reservations  ids that were made for a user and wait for content
//   media_thumbnails    the thumbnails that were made
namespace parley::media {

inline constexpr std::string_view kStream = "media";

struct FileRow {
  Place place;
  std::string owner = {};  // a user of ours; empty for others' files
  std::string content_type = {};
  std::string file_name = {};
  int64_t size = 0;
  std::string sha256 = {};
  int64_t created_ms = 0;
  std::string attempt = {};  // at uploading
  bool quarantined = false;
};

struct Reservation {
  std::string owner;
  int64_t expires_ms = 0;
};

struct ThumbnailKey {
  uint32_t width = 0;
  uint32_t height = 0;
  bool crop = false;
};

struct ThumbnailRow {
  std::string content_type;
  int64_t size = 0;
  std::string sha256;
};

std::vector<store::Migration> Migrations();

absl::StatusOr<std::optional<FileRow>> FindFile(store::Reader& db, const Place& place);
absl::StatusOr<std::optional<Reservation>> FindReservation(store::Reader& db, const Place& place);
// Of this user, those that have not expired.
absl::StatusOr<int64_t> CountReservations(store::Reader& db, Partition p, std::string_view owner,
                                          int64_t now_ms);
// Some of those that have; none: there are none.
absl::StatusOr<std::vector<std::string>> ExpiredReservations(store::Reader& db, Partition p,
                                                             int64_t now_ms);
absl::StatusOr<std::optional<ThumbnailRow>> FindThumbnail(store::Reader& db, const Place& place,
                                                          const ThumbnailKey& key);

void AddReservation(store::Batch& batch, const Place& place, const Reservation& reservation);
void DropReservations(store::Batch& batch, Partition p, const std::vector<std::string>& media_ids);
// Takes the place of the file's reservation.
void AddFile(store::Batch& batch, const FileRow& file);
void SetQuarantined(store::Batch& batch, const Place& place, bool quarantined);
void AddThumbnail(store::Batch& batch, const Place& place, const ThumbnailKey& key,
                  const ThumbnailRow& thumbnail);

}  // namespace parley::media
