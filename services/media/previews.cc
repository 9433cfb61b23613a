#include "services/media/previews.h"

#include <algorithm>
#include <utility>

#include <absl/strings/match.h>
#include <absl/time/clock.h>

#include "common/base/mxc.h"
#include "common/base/strings.h"
#include "common/base/token.h"
#include "common/http/redirect.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/media/content_type.h"
#include "services/media/image_scaler.h"
#include "services/media/open_graph.h"

namespace parley::media {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr size_t kMaxUrlBytes = 2048;
constexpr size_t kMaxPageBytes = 4 << 20;
constexpr size_t kMaxPictureBytes = 10 << 20;
constexpr size_t kMaxRemembered = 1000;
constexpr absl::Duration kRememberedFor = absl::Hours(1);
constexpr absl::Duration kTimeout = absl::Seconds(15);
constexpr int kMaxRedirects = 3;
constexpr size_t kIdBytes = 24;

absl::Status NothingThere() {
  return NotFound("There is nothing to preview");
}

bool IsFetchable(const std::string& url) {
  return url.starts_with(kHttps) && url.size() > kHttps.size() && url.size() <= kMaxUrlBytes &&
         std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool IsPage(const std::string& content_type) {
  return absl::StartsWithIgnoreCase(content_type, "text/html") ||
         absl::StartsWithIgnoreCase(content_type, "application/xhtml+xml");
}

}  // namespace

std::string ResolveUrl(const std::string& base, const std::string& reference) {
  std::string url = reference;
  if (reference.starts_with("//")) {
    url = StrCat("https:", reference);
  } else if (reference.starts_with('/')) {
    url =
        base.substr(0, std::min(base.find_first_of("/?#", kHttps.size()), base.size())) + reference;
  }
  url = url.substr(0, url.find('#'));
  return IsFetchable(url) ? url : "";
}

absl::StatusOr<std::string> Previews::Get(const rpc::Call& call, const std::string& url) {
  if (!url.starts_with(kHttps) || ResolveUrl("", url).empty())
    return InvalidParam("Only https URLs have previews");
  const absl::Time now = deps_.clock.Now();
  {
    absl::MutexLock lock(&mutex_);
    const auto found = remembered_.find(url);
    if (found != remembered_.end() && found->second.until > now) return found->second.json;
  }
  const rpc::Call bounded{std::min(call.deadline, absl::Now() + kTimeout), call.request_id};
  PARLEY_TRY(std::string preview, Find(bounded, url));
  absl::MutexLock lock(&mutex_);
  if (remembered_.size() >= kMaxRemembered) remembered_.clear();
  remembered_[url] = {preview, now + kRememberedFor};
  return preview;
}

absl::StatusOr<std::string> Previews::Find(const rpc::Call& call, const std::string& url) {
  const Partition p = PartitionOf(url, config_.partitions);
  std::string at = ResolveUrl("", url);
  PARLEY_TRY(const auto page, Fetch(call, at, kMaxPageBytes));
  json::Object preview;
  if (IsPage(page.content_type())) {
    preview = ParseOpenGraph(page.body());
    PARLEY_RETURN_IF_ERROR(TakePicture(call, p, at, preview));
  } else if (IsScalable(page.body())) {
    PARLEY_RETURN_IF_ERROR(KeepPicture(p, page, preview));
  }
  return json::Serialize(preview);
}

// `url` becomes where it was in the end.
absl::StatusOr<federation::FetchResponse> Previews::Fetch(const rpc::Call& call, std::string& url,
                                                          size_t max_bytes) {
  for (int redirects = 0; redirects <= kMaxRedirects && !url.empty(); ++redirects) {
    federation::FetchRequest request;
    request.set_url(url);
    request.set_max_bytes(max_bytes);
    auto answer = deps_.downloads.Fetch(call, request);
    if (!answer.ok()) return NothingThere();
    if (answer->status() == 200) return answer;
    if (!http::IsRedirect(static_cast<int>(answer->status()))) return NothingThere();
    url = ResolveUrl(url, answer->location());
  }
  return NothingThere();
}

absl::Status Previews::TakePicture(const rpc::Call& call, Partition p, const std::string& page,
                                   json::Object& preview) {
  const json::Value* named = preview.Find("og:image");
  if (named == nullptr) return absl::OkStatus();
  std::string url = ResolveUrl(page, *named->AsString());
  preview.Erase("og:image");
  const auto picture = Fetch(call, url, kMaxPictureBytes);
  if (!picture.ok() || !IsScalable(picture->body())) return absl::OkStatus();
  return KeepPicture(p, *picture, preview);
}

absl::Status Previews::KeepPicture(Partition p, const federation::FetchResponse& picture,
                                   json::Object& preview) {
  const Place place{p, "", MakeToken(kIdKind, p, kIdBytes, deps_.rng)};
  PARLEY_TRY(const BlobStore::Blob blob, KeepWhole(deps_.blobs, deps_.rng, picture.body()));
  const FileRow file{.place = place,
                     .content_type = SafeContentType(picture.content_type()),
                     .size = static_cast<int64_t>(blob.size),
                     .sha256 = blob.sha256,
                     .created_ms = deps_.clock.NowMs()};
  store::Batch batch;
  AddFile(batch, file);
  PARLEY_RETURN_IF_ERROR(deps_.records.Commit(p, std::move(batch)));
  preview.Set("og:image", MxcUri{config_.server_name, place.media_id}.ToString());
  preview.Set("og:image:type", file.content_type);
  preview.Set("matrix:image:size", file.size);
  return absl::OkStatus();
}

}  // namespace parley::media
