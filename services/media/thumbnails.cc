#include "services/media/thumbnails.h"

#include <utility>

#include <absl/cleanup/cleanup.h>
#include <absl/time/clock.h>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/media/image_scaler.h"
#include "services/media/thumbnail_size.h"

namespace parley::media {
namespace {

absl::Status TooLargeToScale() {
  return Matrix(413, "M_TOO_LARGE", "The file is too large to make a thumbnail of it");
}

}  // namespace

absl::StatusOr<ThumbnailRow> Thumbnails::Get(const rpc::Call& call, const FileRow& file,
                                             const ThumbnailKey& asked) {
  const ThumbnailKey size = SizeToMake(asked, config_.any_thumbnail_size);
  PARLEY_TRY(auto there, deps_.records.Thumbnail(file.place, size));
  if (there) return *there;
  if (!TakeTurn(call.deadline)) return absl::ResourceExhaustedError("too many thumbnails");
  const absl::Cleanup end = [this] { EndTurn(); };
  PARLEY_TRY(there, deps_.records.Thumbnail(file.place, size));
  if (there) return *there;
  auto made = Make(file, size);
  (made.ok() ? deps_.metrics.thumbnails : deps_.metrics.no_thumbnails).Add();
  return made;
}

absl::StatusOr<ThumbnailRow> Thumbnails::Make(const FileRow& file, const ThumbnailKey& size) {
  if (static_cast<uint64_t>(file.size) > config_.max_thumbnail_source_bytes)
    return TooLargeToScale();
  PARLEY_TRY(const std::string source,
             deps_.blobs.Read(file.sha256, 0, static_cast<size_t>(file.size)));
  const absl::Time begun = absl::Now();
  const auto scaled =
      Scale(source, size, {config_.max_thumbnail_pixels, config_.thumbnail_timeout});
  deps_.metrics.thumbnail_took.Observe(absl::Now() - begun);
  if (absl::IsResourceExhausted(scaled.status())) return TooLargeToScale();
  if (!scaled.ok()) return Matrix(400, "M_UNKNOWN", "No thumbnail can be made of this file");
  PARLEY_TRY(const BlobStore::Blob blob, KeepWhole(deps_.blobs, deps_.rng, scaled->bytes));
  const ThumbnailRow row{scaled->content_type, static_cast<int64_t>(blob.size), blob.sha256};
  store::Batch batch;
  AddThumbnail(batch, file.place, size, row);
  PARLEY_RETURN_IF_ERROR(deps_.records.Commit(file.place.p, std::move(batch)));
  return row;
}

bool Thumbnails::TakeTurn(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto is_free = [this] {
    mutex_.AssertReaderHeld();
    return free_ > 0;
  };
  if (!mutex_.AwaitWithDeadline(absl::Condition(&is_free), deadline)) return false;
  --free_;
  return true;
}

void Thumbnails::EndTurn() {
  absl::MutexLock lock(&mutex_);
  ++free_;
}

}  // namespace parley::media
