#include "services/media/store.h"

#include "common/status/macros.h"

namespace parley::media {
namespace {

using store::Type;

constexpr std::string_view kFiles = "media_files";
constexpr std::string_view kReservations = "media_reservations";
constexpr std::string_view kThumbnails = "media_thumbnails";
constexpr int64_t kExpiredAtOnce = 500;

store::Table FilesTable() {
  return {.name = std::string(kFiles),
          .columns = {{"p"},
                      {"origin", Type::kText},
                      {"media_id", Type::kText},
                      {"owner", Type::kText},
                      {"content_type", Type::kText},
                      {"file_name", Type::kText},
                      {"size"},
                      {"sha256", Type::kText},
                      {"created_ms"},
                      {"attempt", Type::kText},
                      {"quarantined"}},
          .primary_key = {"p", "origin", "media_id"},
          .indexes = {{"media_files_by_owner", {"p", "owner", "created_ms"}}}};
}

store::Table ReservationsTable() {
  return {.name = std::string(kReservations),
          .columns = {{"p"}, {"media_id", Type::kText}, {"owner", Type::kText}, {"expires_ms"}},
          .primary_key = {"p", "media_id"},
          .indexes = {{"media_reservations_by_owner", {"p", "owner"}},
                      {"media_reservations_by_expiry", {"p", "expires_ms"}}}};
}

store::Table ThumbnailsTable() {
  return {.name = std::string(kThumbnails),
          .columns = {{"p"},
                      {"origin", Type::kText},
                      {"media_id", Type::kText},
                      {"width"},
                      {"height"},
                      {"crop"},
                      {"content_type", Type::kText},
                      {"size"},
                      {"sha256", Type::kText}},
          .primary_key = {"p", "origin", "media_id", "width", "height", "crop"}};
}

}  // namespace

std::vector<store::Migration> Migrations() {
  store::Migration first;
  first.service = kStream;
  first.number = 1;
  first.tables = {FilesTable(), ReservationsTable(), ThumbnailsTable()};
  return {first};
}

absl::StatusOr<std::optional<FileRow>> FindFile(store::Reader& db, const Place& place) {
  FileRow file{.place = place};
  PARLEY_TRY(const bool found,
             db.QueryOne("SELECT owner, content_type, file_name, size, sha256, created_ms, "
                         "attempt, quarantined FROM media_files WHERE p = $1 AND origin = $2 AND "
                         "media_id = $3",
                         {place.p, place.origin, place.media_id}, [&](const store::Row& row) {
                           file.owner = row.String(0);
                           file.content_type = row.String(1);
                           file.file_name = row.String(2);
                           file.size = row.Int(3);
                           file.sha256 = row.String(4);
                           file.created_ms = row.Int(5);
                           file.attempt = row.String(6);
                           file.quarantined = row.Int(7) != 0;
                         }));
  return found ? std::optional(file) : std::nullopt;
}

absl::StatusOr<std::optional<Reservation>> FindReservation(store::Reader& db, const Place& place) {
  Reservation reservation;
  PARLEY_TRY(const bool found,
             db.QueryOne("SELECT owner, expires_ms FROM media_reservations WHERE p = $1 AND "
                         "media_id = $2",
                         {place.p, place.media_id}, [&](const store::Row& row) {
                           reservation = {row.String(0), row.Int(1)};
                         }));
  return found ? std::optional(reservation) : std::nullopt;
}

absl::StatusOr<int64_t> CountReservations(store::Reader& db, Partition p, std::string_view owner,
                                          int64_t now_ms) {
  PARLEY_TRY(const auto count,
             db.QueryInt("SELECT COUNT(*) FROM media_reservations WHERE p = $1 AND owner = $2 AND "
                         "expires_ms > $3",
                         {p, owner, now_ms}));
  return count.value_or(0);
}

absl::StatusOr<std::optional<ThumbnailRow>> FindThumbnail(store::Reader& db, const Place& place,
                                                          const ThumbnailKey& key) {
  ThumbnailRow thumbnail;
  PARLEY_TRY(const bool found,
             db.QueryOne("SELECT content_type, size, sha256 FROM media_thumbnails WHERE p = $1 AND "
                         "origin = $2 AND media_id = $3 AND width = $4 AND height = $5 AND crop = "
                         "$6",
                         {place.p, place.origin, place.media_id, key.width, key.height, key.crop},
                         [&](const store::Row& row) {
                           thumbnail = {row.String(0), row.Int(1), row.String(2)};
                         }));
  return found ? std::optional(thumbnail) : std::nullopt;
}

absl::StatusOr<std::vector<std::string>> ExpiredReservations(store::Reader& db, Partition p,
                                                             int64_t now_ms) {
  std::vector<std::string> expired;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT media_id FROM media_reservations WHERE p = $1 AND expires_ms <= $2 ORDER BY "
               "expires_ms LIMIT $3",
               {p, now_ms, kExpiredAtOnce},
               [&](const store::Row& row) { expired.push_back(row.String(0)); }));
  return expired;
}

void AddReservation(store::Batch& batch, const Place& place, const Reservation& reservation) {
  batch.Upsert(kReservations, {{"p", place.p},
                               {"media_id", place.media_id},
                               {"owner", reservation.owner},
                               {"expires_ms", reservation.expires_ms}});
}

void DropReservations(store::Batch& batch, Partition p, const std::vector<std::string>& media_ids) {
  for (const std::string& media_id : media_ids) {
    batch.Delete(kReservations, {{"p", p}, {"media_id", media_id}});
  }
}

void AddFile(store::Batch& batch, const FileRow& file) {
  batch.Upsert(kFiles, {{"p", file.place.p},
                        {"origin", file.place.origin},
                        {"media_id", file.place.media_id},
                        {"owner", file.owner},
                        {"content_type", file.content_type},
                        {"file_name", file.file_name},
                        {"size", file.size},
                        {"sha256", file.sha256},
                        {"created_ms", file.created_ms},
                        {"attempt", file.attempt},
                        {"quarantined", file.quarantined}});
  if (file.place.is_ours()) DropReservations(batch, file.place.p, {file.place.media_id});
}

void SetQuarantined(store::Batch& batch, const Place& place, bool quarantined) {
  batch.Update(kFiles, {{"p", place.p}, {"origin", place.origin}, {"media_id", place.media_id}},
               {{"quarantined", quarantined}});
}

void AddThumbnail(store::Batch& batch, const Place& place, const ThumbnailKey& key,
                  const ThumbnailRow& thumbnail) {
  batch.Upsert(kThumbnails, {{"p", place.p},
                             {"origin", place.origin},
                             {"media_id", place.media_id},
                             {"width", key.width},
                             {"height", key.height},
                             {"crop", key.crop},
                             {"content_type", thumbnail.content_type},
                             {"size", thumbnail.size},
                             {"sha256", thumbnail.sha256}});
}

}  // namespace parley::media
