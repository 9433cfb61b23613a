#include "services/media/service.h"

#include <algorithm>
#include <utility>

#include <absl/time/clock.h>

#include "common/runtime/log.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/stream/open_all.h"

namespace parley::media {
namespace {

constexpr size_t kPartBytes = 4 << 20;
constexpr absl::Duration kTidyEvery = absl::Minutes(10);
// A partition is only given up when no call is inside: callers that want to wait longer ask again.
constexpr absl::Duration kLongestWait = absl::Seconds(2);

absl::Status NoSuchFile() {
  return NotFound("There is no such file");
}

absl::Status NotYetUploaded() {
  return Matrix(504, "M_NOT_YET_UPLOADED", "The file has not been uploaded yet");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Service>> Service::Open(const Config& config, Deps deps) {
  return stream::OpenAll<Service>(config, deps);
}

Service::Service(const Config& config, Deps deps)
    : config_(config),
      deps_(deps),
      metrics_(deps.registry),
      streams_(deps.store, deps.bus, kStream, config.partitions),
      records_(deps.store, streams_),
      arrivals_(config.max_waiting),
      uploads_(config, {records_, deps.blobs, arrivals_, metrics_, deps.clock, deps.rng}),
      remote_files_(config, {deps.downloads, records_, deps.blobs, metrics_, deps.clock, deps.rng}),
      thumbnails_(config, {records_, deps.blobs, metrics_, deps.rng}),
      previews_(config, {deps.downloads, records_, deps.blobs, deps.clock, deps.rng}),
      tidying_("media-tidy", kTidyEvery, [this] { Tidy(); }) {}

absl::Status Service::OpenPartitions(absl::Span<const Partition> opened) {
  return streams_.OpenPartitions(opened);
}

void Service::ClosePartitions(absl::Span<const Partition> closed) {
  streams_.ClosePartitions(closed);
}

void Service::Tidy() {
  deps_.blobs.DiscardOlderThan(absl::Now() - config_.upload_lifetime);
  for (const Partition p : streams_.Owned()) {
    const absl::Status status = uploads_.DropExpired(p);
    if (!status.ok()) log::Warning("expired media ids are left", {{"why", status.ToString()}});
  }
}

std::optional<Place> Service::PlaceOf(const std::string& media_id,
                                      const std::string& remote) const {
  if (remote.empty()) return OwnPlace(media_id, config_.partitions);
  auto place = RemotePlace(remote, config_.partitions);
  if (place && place->origin == config_.server_name) return std::nullopt;
  return place;
}

absl::StatusOr<CreateResponse> Service::Create(const rpc::Call&, const CreateRequest& request) {
  return uploads_.Create(request);
}

absl::StatusOr<WriteResponse> Service::Write(const rpc::Call&, const WriteRequest& request) {
  PARLEY_RETURN_IF_ERROR(uploads_.Write(request));
  return WriteResponse();
}

absl::StatusOr<FinishResponse> Service::Finish(const rpc::Call&, const FinishRequest& request) {
  PARLEY_RETURN_IF_ERROR(uploads_.Finish(request));
  return FinishResponse();
}

absl::StatusOr<FileRow> Service::FindOwn(const Place& place, absl::Time until) {
  while (true) {
    const uint64_t seen = arrivals_.count();
    PARLEY_TRY(const auto file, records_.File(place));
    if (file) return *file;
    PARLEY_TRY(const auto reservation, records_.ReservationOf(place));
    if (!reservation || reservation->expires_ms <= deps_.clock.NowMs()) return NoSuchFile();
    if (!arrivals_.WaitBeyond(seen, until)) return NotYetUploaded();
  }
}

absl::StatusOr<FileRow> Service::Find(const rpc::Call& call, const Place& place,
                                      const ReadRequest& request) {
  if (place.is_ours()) {
    const absl::Duration wait =
        std::clamp(absl::Milliseconds(request.wait_ms()), absl::ZeroDuration(), kLongestWait);
    return FindOwn(place, std::min(call.deadline, absl::Now() + wait));
  }
  PARLEY_TRY(const auto file, records_.File(place));
  if (file) return *file;
  if (request.no_fetch()) return NoSuchFile();
  return remote_files_.Fetch(call, place);
}

absl::StatusOr<ReadResponse> Service::Read(const rpc::Call& call, const ReadRequest& request) {
  const auto place = PlaceOf(request.media_id(), request.remote());
  if (!place) return NoSuchFile();
  PARLEY_TRY(const FileRow file, Find(call, *place, request));
  if (file.quarantined) return NoSuchFile();
  ThumbnailRow shown{file.content_type, file.size, file.sha256};
  if (request.has_thumbnail()) {
    const auto& asked = request.thumbnail();
    PARLEY_TRY(shown, thumbnails_.Get(call, file, {asked.width(), asked.height(), asked.crop()}));
  }
  ReadResponse response;
  PARLEY_TRY(*response.mutable_data(),
             deps_.blobs.Read(shown.sha256, request.offset(), kPartBytes));
  FileInfo& info = *response.mutable_info();
  info.set_content_type(shown.content_type);
  info.set_file_name(file.file_name);
  info.set_size(static_cast<uint64_t>(shown.size));
  info.set_sha256(shown.sha256);
  info.set_created_ms(file.created_ms);
  return response;
}

absl::StatusOr<PreviewResponse> Service::Preview(const rpc::Call& call,
                                                 const PreviewRequest& request) {
  if (!config_.url_previews) return Unrecognized("This server makes no previews of URLs");
  PreviewResponse response;
  PARLEY_TRY(*response.mutable_json(), previews_.Get(call, request.url()));
  return response;
}

absl::StatusOr<QuarantineResponse> Service::Quarantine(const rpc::Call&,
                                                       const QuarantineRequest& request) {
  if (!request.requester().is_admin()) return Forbidden("Only for administrators");
  const auto place = PlaceOf(request.media_id(), request.remote());
  if (!place) return NoSuchFile();
  PARLEY_TRY(const auto file, records_.File(*place));
  if (!file) return NoSuchFile();
  store::Batch batch;
  SetQuarantined(batch, *place, request.quarantined());
  PARLEY_RETURN_IF_ERROR(records_.Commit(place->p, std::move(batch)));
  return QuarantineResponse();
}

}  // namespace parley::media
