#pragma once

#include <string>

#include <absl/status/statusor.h>

#include "parley/media/v1/media.pb.h"
#include "services/gateway/endpoint.h"

namespace parley::media {
class MediaService;
}

// What the routes of clients and those of other servers share about files.
namespace parley::gateway {

struct WholeFile {
  media::v1::FileInfo info;
  std::string bytes;
};

// All parts of a file, which `request` names; waits for it as long as it says. The errors of
// media.Read; M_INVALID_PARAM is not among them.
absl::StatusOr<WholeFile> ReadWhole(media::MediaService& media, const rpc::Call& call,
                                    media::v1::ReadRequest request);

// How long the client is ready to wait for a file that is not there yet ("timeout_ms").
absl::StatusOr<int64_t> WaitOf(const RequestContext& context);

// The size and method that a request for a thumbnail asks for. M_MISSING_PARAM, M_INVALID_PARAM.
absl::StatusOr<media::v1::Thumbnail> ThumbnailOf(const RequestContext& context);

// True for types that no browser runs anything of: they may be shown where they are. Client-server
// API, "Serving inline content".
bool IsInlineType(std::string_view content_type);

// The type as it goes into a header, and the Content-Disposition with it.
std::string TypeOf(const media::v1::FileInfo& info);
std::string DispositionOf(const media::v1::FileInfo& info, std::string_view file_name);

}  // namespace parley::gateway
