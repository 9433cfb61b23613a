#include <utility>

#include <absl/strings/escaping.h>

#include "common/base/rng.h"
#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/media/v1/media.parley.h"
#include "services/gateway/federation/requests.h"
#include "services/gateway/media_files.h"

// Server-server API, "Content Repository".
namespace parley::gateway {
namespace {

constexpr size_t kBoundaryBytes = 16;

// Two parts: an object about the file, which is empty so far, and the file.
HttpAnswer MultipartAnswer(const WholeFile& file) {
  const std::string boundary = absl::BytesToHexString(Rng::System().Bytes(kBoundaryBytes));
  HttpAnswer answer;
  answer.content_type = StrCat("multipart/mixed; boundary=", boundary);
  answer.body = StrCat("--", boundary, "\r\nContent-Type: application/json\r\n\r\n{}\r\n--",
                       boundary, "\r\nContent-Type: ", TypeOf(file.info),
                       "\r\nContent-Disposition: ", DispositionOf(file.info, file.info.file_name()),
                       "\r\n\r\n");
  answer.body.reserve(answer.body.size() + file.bytes.size() + boundary.size() + 8);
  StrAppend(&answer.body, file.bytes, "\r\n--", boundary, "--\r\n");
  return answer;
}

absl::StatusOr<HttpAnswer> Read(const Deps& deps, RequestContext& context,
                                media::ReadRequest request) {
  request.set_media_id(context.Param("mediaId"));
  PARLEY_TRY(const int64_t wait, WaitOf(context));
  request.set_wait_ms(wait);
  PARLEY_TRY(const WholeFile file, ReadWhole(deps.media, context.call(), std::move(request)));
  return MultipartAnswer(file);
}

// GET /_matrix/federation/v1/media/download/{mediaId}
absl::StatusOr<HttpAnswer> Download(const Deps& deps, RequestContext& context, const std::string&) {
  return Read(deps, context, {});
}

// GET /_matrix/federation/v1/media/thumbnail/{mediaId}
absl::StatusOr<HttpAnswer> Thumbnail(const Deps& deps, RequestContext& context,
                                     const std::string&) {
  media::ReadRequest request;
  PARLEY_TRY(*request.mutable_thumbnail(), ThumbnailOf(context));
  return Read(deps, context, std::move(request));
}

}  // namespace

void AddFederationMediaRoutes(Router& router, const FederationDeps& deps) {
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/media/download/{mediaId}", Download});
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/media/thumbnail/{mediaId}", Thumbnail});
}

}  // namespace parley::gateway
