#include "services/media/uploads.h"

#include <utility>

#include "common/base/mxc.h"
#include "common/base/strings.h"
#include "common/base/token.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::media {
namespace {

constexpr size_t kIdBytes = 24;
constexpr int64_t kRetryMs = 60'000;

absl::Status NoSuchId() {
  return NotFound("There is no such media id, or it has expired");
}

absl::Status AnothersId() {
  return Forbidden("This media id is another user's");
}

absl::StatusOr<std::string> BlobName(const Place& place, const v1::Upload& upload) {
  if (!IsValidMediaId(upload.attempt())) return absl::InvalidArgumentError("no name of an attempt");
  return StrCat(place.media_id, ".", upload.attempt());
}

}  // namespace

absl::StatusOr<v1::CreateResponse> Uploads::Create(const v1::CreateRequest& request) {
  const Partition p = PartitionOf(request.user_id(), config_.partitions);
  const Place place{p, "", MakeToken(kIdKind, p, kIdBytes, deps_.rng)};
  v1::CreateResponse response;
  response.set_media_id(place.media_id);
  if (!request.reserve()) return response;
  const absl::Time expires = deps_.clock.Now() + config_.reserved_lifetime;
  absl::MutexLock lock(&LockOf(request.user_id()));
  PARLEY_TRY(const int64_t waiting,
             deps_.records.ReservationsOf(p, request.user_id(), deps_.clock.NowMs()));
  if (waiting >= static_cast<int64_t>(config_.max_reserved)) return LimitExceeded(kRetryMs);
  store::Batch batch;
  AddReservation(batch, place, {request.user_id(), absl::ToUnixMillis(expires)});
  PARLEY_RETURN_IF_ERROR(deps_.records.Commit(p, std::move(batch)));
  response.set_unused_expires_at_ms(absl::ToUnixMillis(expires));
  return response;
}

absl::Status Uploads::CheckMayFill(const Place& place, const v1::Upload& upload) const {
  PARLEY_TRY(const auto there, deps_.records.File(place));
  if (there && there->owner != upload.user_id()) return AnothersId();
  if (there) return Matrix(409, "M_CANNOT_OVERWRITE_MEDIA", "The file was uploaded already");
  if (!upload.reserved()) {
    const bool is_own = place.p == PartitionOf(upload.user_id(), config_.partitions);
    return is_own ? absl::OkStatus() : NoSuchId();
  }
  PARLEY_TRY(const auto reservation, deps_.records.ReservationOf(place));
  if (!reservation || reservation->expires_ms <= deps_.clock.NowMs()) return NoSuchId();
  if (reservation->owner != upload.user_id()) return AnothersId();
  return absl::OkStatus();
}

absl::Status Uploads::CheckSize(uint64_t offset, std::string_view data) const {
  const uint64_t most = config_.max_upload_bytes;
  if (offset > most || data.size() > most - offset) return TooLarge("The file is too large");
  return absl::OkStatus();
}

absl::Status Uploads::Write(const v1::WriteRequest& request) {
  const auto place = OwnPlace(request.media_id(), config_.partitions);
  if (!place) return NoSuchId();
  PARLEY_RETURN_IF_ERROR(CheckSize(request.offset(), request.data()));
  if (request.offset() == 0) PARLEY_RETURN_IF_ERROR(CheckMayFill(*place, request.upload()));
  PARLEY_TRY(const std::string name, BlobName(*place, request.upload()));
  return deps_.blobs.Write(name, request.offset(), request.data());
}

absl::Status Uploads::Finish(const v1::FinishRequest& request) {
  const auto place = OwnPlace(request.media_id(), config_.partitions);
  if (!place) return NoSuchId();
  PARLEY_RETURN_IF_ERROR(CheckSize(request.offset(), request.data()));
  absl::MutexLock lock(&LockOf(place->media_id));
  PARLEY_TRY(const auto there, deps_.records.File(*place));
  const bool is_done = there && there->owner == request.upload().user_id() &&
                       there->attempt == request.upload().attempt();
  if (is_done) return absl::OkStatus();
  PARLEY_RETURN_IF_ERROR(CheckMayFill(*place, request.upload()));
  return Keep(*place, request);
}

absl::Status Uploads::Keep(const Place& place, const v1::FinishRequest& request) {
  PARLEY_TRY(const std::string name, BlobName(place, request.upload()));
  PARLEY_RETURN_IF_ERROR(deps_.blobs.Write(name, request.offset(), request.data()));
  PARLEY_TRY(const BlobStore::Blob blob, deps_.blobs.Keep(name));
  store::Batch batch;
  AddFile(batch, {.place = place,
                  .owner = request.upload().user_id(),
                  .content_type = request.content_type(),
                  .file_name = request.file_name(),
                  .size = static_cast<int64_t>(blob.size),
                  .sha256 = blob.sha256,
                  .created_ms = deps_.clock.NowMs(),
                  .attempt = request.upload().attempt()});
  PARLEY_RETURN_IF_ERROR(deps_.records.Commit(place.p, std::move(batch)));
  if (request.upload().reserved()) deps_.arrivals.Announce();
  deps_.metrics.uploads.Add();
  deps_.metrics.uploaded_bytes.Add(static_cast<double>(blob.size));
  return absl::OkStatus();
}

absl::Status Uploads::DropExpired(Partition p) {
  PARLEY_TRY(const auto expired, deps_.records.Expired(p, deps_.clock.NowMs()));
  if (expired.empty()) return absl::OkStatus();
  store::Batch batch;
  DropReservations(batch, p, expired);
  return deps_.records.Commit(p, std::move(batch));
}

}  // namespace parley::media
