#include <array>
#include <utility>

#include <absl/strings/escaping.h>

#include "common/base/mxc.h"
#include "common/base/rng.h"
#include "common/base/strings.h"
#include "common/http/content_disposition.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/common/v1/common.pb.h"
#include "parley/media/v1/media.parley.h"
#include "services/gateway/config.h"
#include "services/gateway/deps.h"
#include "services/gateway/media_files.h"
#include "services/gateway/router.h"

// Client-server API, "Content repository".
namespace parley::gateway {
namespace {

constexpr size_t kPartBytes = 4 << 20;
constexpr size_t kAttemptBytes = 16;
constexpr size_t kMaxNameBytes = 255;
constexpr size_t kMaxTypeBytes = 255;

std::string UriOf(const Deps& deps, const std::string& media_id) {
  return MxcUri{deps.config.server_name, media_id}.ToString();
}

// As it can stand in a header again; what can't is of no known type.
std::string UploadedType(const RequestContext& context) {
  const std::string_view type = context.request().headers.Get("Content-Type");
  const bool is_good = type.size() <= kMaxTypeBytes && http::IsPlainType(type);
  return is_good ? std::string(type) : "application/octet-stream";
}

// A name that is too long is none.
std::string UploadedName(const RequestContext& context) {
  std::string name = context.QueryOr("filename", "");
  return name.size() <= kMaxNameBytes ? name : "";
}

// The body goes to `media` in parts; the last one ends it.
absl::Status SendFile(const Deps& deps, RequestContext& context, const std::string& media_id,
                      bool reserved) {
  media::FinishRequest finish;
  finish.set_content_type(UploadedType(context));
  finish.set_file_name(UploadedName(context));
  media::WriteRequest write;
  media::Upload& upload = *write.mutable_upload();
  upload.set_user_id(context.requester().user.str());
  upload.set_attempt(absl::BytesToHexString(Rng::System().Bytes(kAttemptBytes)));
  upload.set_reserved(reserved);
  write.set_media_id(media_id);
  const std::string_view body = context.RawBody();
  size_t sent = 0;
  for (; body.size() - sent > kPartBytes; sent += kPartBytes) {
    write.set_offset(sent);
    write.set_data(std::string(body.substr(sent, kPartBytes)));
    PARLEY_RETURN_IF_ERROR(deps.media.Write(context.call(), write).status());
  }
  finish.set_media_id(media_id);
  *finish.mutable_upload() = upload;
  finish.set_offset(sent);
  finish.set_data(std::string(body.substr(sent)));
  return deps.media.Finish(context.call(), finish).status();
}

absl::StatusOr<media::CreateResponse> NewId(const Deps& deps, const RequestContext& context,
                                            bool reserve) {
  media::CreateRequest request;
  request.set_user_id(context.requester().user.str());
  request.set_reserve(reserve);
  return deps.media.Create(context.call(), request);
}

// POST /_matrix/media/v3/upload
absl::StatusOr<HttpAnswer> Upload(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const auto created, NewId(deps, context, /*reserve=*/false));
  PARLEY_RETURN_IF_ERROR(SendFile(deps, context, created.media_id(), /*reserved=*/false));
  return JsonAnswer(json::Object{{"content_uri", UriOf(deps, created.media_id())}});
}

// POST /_matrix/media/v1/create
absl::StatusOr<HttpAnswer> Create(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const auto created, NewId(deps, context, /*reserve=*/true));
  return JsonAnswer(json::Object{{"content_uri", UriOf(deps, created.media_id())},
                                 {"unused_expires_at", created.unused_expires_at_ms()}});
}

// PUT /_matrix/media/v3/upload/{serverName}/{mediaId}
absl::StatusOr<HttpAnswer> UploadLater(const Deps& deps, RequestContext& context) {
  if (context.Param("serverName") != deps.config.server_name)
    return NotFound("The media id is of another server");
  PARLEY_RETURN_IF_ERROR(SendFile(deps, context, context.Param("mediaId"), /*reserved=*/true));
  return EmptyAnswer();
}

// GET /_matrix/client/v1/media/config
absl::StatusOr<HttpAnswer> TellConfig(const Deps& deps, RequestContext&) {
  return JsonAnswer(
      json::Object{{"m.upload.size", static_cast<int64_t>(deps.config.max_upload_bytes)}});
}

// GET /_matrix/client/v1/media/preview_url
absl::StatusOr<HttpAnswer> Preview(const Deps& deps, RequestContext& context) {
  const auto url = context.Query("url");
  if (!url) return MissingParam("url is missing");
  media::PreviewRequest request;
  request.set_url(std::string(*url));
  PARLEY_TRY(auto preview, deps.media.Preview(context.call(), request));
  return JsonAnswer(std::move(*preview.mutable_json()));
}

absl::StatusOr<media::ReadRequest> WhatIsAsked(const Deps& deps, const RequestContext& context) {
  const std::string& server = context.Param("serverName");
  const std::string& media_id = context.Param("mediaId");
  if (!IsValidServerName(server) || !IsValidMediaId(media_id))
    return NotFound("There is no such file");
  media::ReadRequest request;
  if (server == deps.config.server_name) {
    request.set_media_id(media_id);
  } else {
    request.set_remote(StrCat(server, "/", media_id));
  }
  PARLEY_TRY(const bool allow_remote, context.QueryBool("allow_remote", true));
  request.set_no_fetch(!allow_remote);
  PARLEY_TRY(const int64_t wait, WaitOf(context));
  request.set_wait_ms(wait);
  return request;
}

// A browser that is led here must not run what somebody uploaded. Client-server API, "Serving
// inline content", "Security considerations" of the content repository.
HttpAnswer FileAnswer(WholeFile file, std::string_view file_name) {
  HttpAnswer answer;
  answer.content_type = TypeOf(file.info);
  answer.headers = {
      {"Content-Disposition", DispositionOf(file.info, file_name)},
      {"Content-Security-Policy",
       "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; style-src "
       "'unsafe-inline'; object-src 'self';"},
      {"Cross-Origin-Resource-Policy", "cross-origin"},
      {"X-Content-Type-Options", "nosniff"},
      {"Cache-Control", "private, max-age=86400, immutable"},
      {"ETag", StrCat("\"", file.info.sha256(), "\"")},
  };
  answer.body = std::move(file.bytes);
  return answer;
}

// GET …/download/{serverName}/{mediaId} and …/{fileName}
absl::StatusOr<HttpAnswer> Download(const Deps& deps, RequestContext& context, bool is_named) {
  PARLEY_TRY(media::ReadRequest request, WhatIsAsked(deps, context));
  PARLEY_TRY(WholeFile file, ReadWhole(deps.media, context.call(), std::move(request)));
  const std::string name = is_named ? context.Param("fileName") : file.info.file_name();
  return FileAnswer(std::move(file), name);
}

// GET …/thumbnail/{serverName}/{mediaId}
absl::StatusOr<HttpAnswer> Thumbnail(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(media::ReadRequest request, WhatIsAsked(deps, context));
  PARLEY_TRY(*request.mutable_thumbnail(), ThumbnailOf(context));
  PARLEY_TRY(WholeFile file, ReadWhole(deps.media, context.call(), std::move(request)));
  const std::string_view ending = file.info.content_type() == "image/png" ? "png" : "jpg";
  return FileAnswer(std::move(file), StrCat("thumbnail.", ending));
}

// POST /_synapse/admin/v1/media/{quarantine|unquarantine}/{serverName}/{mediaId}
absl::StatusOr<HttpAnswer> Quarantine(const Deps& deps, RequestContext& context, bool quarantined) {
  PARLEY_TRY(const media::ReadRequest asked, WhatIsAsked(deps, context));
  media::QuarantineRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  request.set_media_id(asked.media_id());
  request.set_remote(asked.remote());
  request.set_quarantined(quarantined);
  PARLEY_RETURN_IF_ERROR(deps.media.Quarantine(context.call(), request).status());
  return EmptyAnswer();
}

absl::StatusOr<HttpAnswer> Frozen(RequestContext&) {
  return NotFound("Files are served under /_matrix/client/v1/media alone");
}

void AddFileRoutes(Router& router, const Deps& deps, Auth auth, bool is_frozen,
                   const std::array<std::string_view, 3>& paths) {
  const auto add = [&](std::string_view path, RouteHandler handler) {
    router.Add({.method = "GET",
                .path = path,
                .auth = auth,
                .handler = is_frozen ? RouteHandler(Frozen) : std::move(handler)});
  };
  add(paths[0], [deps](RequestContext& context) { return Download(deps, context, false); });
  add(paths[1], [deps](RequestContext& context) { return Download(deps, context, true); });
  add(paths[2], [deps](RequestContext& context) { return Thumbnail(deps, context); });
}

void AddUploadRoutes(Router& router, const Deps& deps) {
  router.Add({.method = "POST",
              .path = "/_matrix/media/v3/upload",
              .limit = Limit::kWrite,
              .max_body = deps.config.max_upload_bytes,
              .handler = [deps](RequestContext& context) { return Upload(deps, context); }});
  router.Add({.method = "PUT",
              .path = "/_matrix/media/v3/upload/{serverName}/{mediaId}",
              .limit = Limit::kWrite,
              .max_body = deps.config.max_upload_bytes,
              .handler = [deps](RequestContext& context) { return UploadLater(deps, context); }});
  router.Add({.method = "POST",
              .path = "/_matrix/media/v1/create",
              .limit = Limit::kWrite,
              .handler = [deps](RequestContext& context) { return Create(deps, context); }});
}

void AddQuarantineRoutes(Router& router, const Deps& deps) {
  for (const bool quarantined : {true, false}) {
    router.Add({.method = "POST",
                .path = quarantined
                            ? "/_synapse/admin/v1/media/quarantine/{serverName}/{mediaId}"
                            : "/_synapse/admin/v1/media/unquarantine/{serverName}/{mediaId}",
                .limit = Limit::kWrite,
                .handler = [deps, quarantined](RequestContext& context) {
                  return Quarantine(deps, context, quarantined);
                }});
  }
}

}  // namespace

void AddMediaRoutes(Router& router, const Deps& deps) {
  AddUploadRoutes(router, deps);
  AddQuarantineRoutes(router, deps);
  for (const std::string_view path :
       {"/_matrix/client/v1/media/config", "/_matrix/media/v3/config"}) {
    router.Add({.method = "GET", .path = path, .handler = [deps](RequestContext& context) {
                  return TellConfig(deps, context);
                }});
  }
  for (const std::string_view path :
       {"/_matrix/client/v1/media/preview_url", "/_matrix/media/v3/preview_url"}) {
    router.Add({.method = "GET", .path = path, .handler = [deps](RequestContext& context) {
                  return Preview(deps, context);
                }});
  }
  AddFileRoutes(router, deps, Auth::kGuest, false,
                {"/_matrix/client/v1/media/download/{serverName}/{mediaId}",
                 "/_matrix/client/v1/media/download/{serverName}/{mediaId}/{fileName}",
                 "/_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}"});
  AddFileRoutes(router, deps, Auth::kNone, !deps.config.unauthenticated_media,
                {"/_matrix/media/v3/download/{serverName}/{mediaId}",
                 "/_matrix/media/v3/download/{serverName}/{mediaId}/{fileName}",
                 "/_matrix/media/v3/thumbnail/{serverName}/{mediaId}"});
}

}  // namespace parley::gateway
