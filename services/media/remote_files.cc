#include "services/media/remote_files.h"

#include <optional>
#include <utility>

#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "common/http/content_disposition.h"
#include "common/http/uri.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/media/content_type.h"

namespace parley::media {
namespace {

constexpr size_t kMaxFraming = 64 << 10;  // what a multipart answer adds to the file
constexpr size_t kMaxNameBytes = 255;

absl::Status NotThere() {
  return NotFound("The other server has no such file, or could not be asked");
}

absl::Status TooLargeHere() {
  return Matrix(502, "M_TOO_LARGE", "The file is larger than this server takes");
}

std::string SafeName(std::string name) {
  return name.size() <= kMaxNameBytes ? name : "";
}

absl::Status ErrorOf(const federation::v1::FetchResponse& response) {
  const auto body = json::ParseObject(response.body());
  const std::string errcode(body.ok() ? json::StringOr(*body, "errcode", "") : "");
  if (response.status() == 504 && errcode == "M_NOT_YET_UPLOADED")
    return Matrix(504, errcode, "The file has not been uploaded yet");
  if (errcode == "M_TOO_LARGE") return TooLargeHere();
  // An error that is none of Matrix is of a server of before MSC3743 that does not know the endpoint.
  const bool is_refused = response.status() >= 400 && response.status() < 500;
  if (is_refused && (errcode == "M_UNRECOGNIZED" || !body.ok()))
    return Unrecognized("The other server does not know this way of asking");
  return NotThere();
}

}  // namespace

// Somebody asks the other server; whoever comes meanwhile waits for the outcome.
struct RemoteFiles::Flight {
  bool done = false;
  absl::StatusOr<FileRow> outcome = NotThere();
};

struct RemoteFiles::Answer {
  std::string content_type;
  std::string content_disposition;
  std::string location;
  std::string bytes;
};

absl::StatusOr<FileRow> RemoteFiles::Fetch(const rpc::Call& call, const Place& place) {
  const std::string key = StrCat(place.origin, "/", place.media_id);
  std::shared_ptr<Flight> flight;
  {
    absl::MutexLock lock(&mutex_);
    auto [entry, is_first] = flights_.try_emplace(key);
    if (!is_first) {
      flight = entry->second;
      const bool done = mutex_.AwaitWithDeadline(absl::Condition(&flight->done), call.deadline);
      return done ? flight->outcome : NotThere();
    }
    flight = entry->second = std::make_shared<Flight>();
  }
  absl::StatusOr<FileRow> outcome = Get(call, place);
  (outcome.ok() ? deps_.metrics.fetched : deps_.metrics.not_fetched).Add();
  absl::MutexLock lock(&mutex_);
  flight->outcome = outcome;
  flight->done = true;
  flights_.erase(key);
  return outcome;
}

absl::StatusOr<FileRow> RemoteFiles::Get(const rpc::Call& call, const Place& place) {
  // Somebody's request may have ended while ours looked.
  PARLEY_TRY(const auto there, deps_.records.File(place));
  if (there) return *there;
  absl::StatusOr<Answer> answer = Download(call, place);
  if (HasErrcode(answer.status(), "M_UNRECOGNIZED")) answer = DownloadOldWay(call, place);
  if (HasErrcode(answer.status(), "M_UNRECOGNIZED")) return NotThere();
  PARLEY_RETURN_IF_ERROR(answer.status());
  if (!answer->location.empty()) answer = Follow(call, answer->location);
  PARLEY_RETURN_IF_ERROR(answer.status());
  return Keep(place, *answer);
}

absl::StatusOr<RemoteFiles::Answer> RemoteFiles::Ask(const rpc::Call& call,
                                                     federation::v1::FetchRequest request) {
  request.set_max_bytes(config_.max_remote_bytes + kMaxFraming);
  auto response = deps_.downloads.Fetch(call, request);
  if (absl::IsResourceExhausted(response.status())) return TooLargeHere();
  if (!response.ok()) return NotThere();
  if (response->status() != 200) return ErrorOf(*response);
  return Answer{std::move(*response->mutable_content_type()),
                std::move(*response->mutable_content_disposition()), "",
                std::move(*response->mutable_body())};
}

absl::StatusOr<RemoteFiles::Answer> RemoteFiles::Download(const rpc::Call& call,
                                                          const Place& place) {
  federation::v1::FetchRequest request;
  request.set_destination(place.origin);
  request.set_path(StrCat("/_matrix/federation/v1/media/download/", place.media_id));
  PARLEY_TRY(Answer whole, Ask(call, std::move(request)));
  const auto part = ParseMediaAnswer(whole.content_type, whole.bytes);
  if (!part.ok()) return NotThere();
  return Answer{part->content_type, part->content_disposition, part->location,
                std::string(part->bytes)};
}

// Servers of before Matrix 1.11.
absl::StatusOr<RemoteFiles::Answer> RemoteFiles::DownloadOldWay(const rpc::Call& call,
                                                                const Place& place) {
  federation::v1::FetchRequest request;
  request.set_destination(place.origin);
  request.set_path(StrCat("/_matrix/media/v3/download/", http::PercentEncode(place.origin), "/",
                          place.media_id, "?allow_remote=false"));
  return Ask(call, std::move(request));
}

absl::StatusOr<RemoteFiles::Answer> RemoteFiles::Follow(const rpc::Call& call,
                                                        const std::string& location) {
  federation::v1::FetchRequest request;
  if (!IsValidUtf8(location)) return NotThere();
  request.set_url(location);
  return Ask(call, std::move(request));
}

absl::StatusOr<FileRow> RemoteFiles::Keep(const Place& place, const Answer& answer) {
  if (answer.bytes.size() > config_.max_remote_bytes) return TooLargeHere();
  PARLEY_TRY(const BlobStore::Blob blob, KeepWhole(deps_.blobs, deps_.rng, answer.bytes));
  const FileRow file{.place = place,
                     .content_type = SafeContentType(answer.content_type),
                     .file_name = SafeName(http::FileNameOf(answer.content_disposition)),
                     .size = static_cast<int64_t>(blob.size),
                     .sha256 = blob.sha256,
                     .created_ms = deps_.clock.NowMs()};
  store::Batch batch;
  AddFile(batch, file);
  PARLEY_RETURN_IF_ERROR(deps_.records.Commit(place.p, std::move(batch)));
  return file;
}

}  // namespace parley::media
