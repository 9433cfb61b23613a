#pragma once

#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/json/value.h"
#include "common/rpc/call.h"
#include "parley/federation/v1/downloads.parley.h"
#include "services/media/blob_store.h"
#include "services/media/config.h"
#include "services/media/records.h"

namespace parley::media {

// What web pages are, for clients that show their URLs. Pages come through `federation`, so only
// from public addresses, and over https alone; what was found is remembered for a while.
// Threads: any; callers block within their deadline. Lifetime: borrows config and all of Deps.
class Previews {
 public:
  struct Deps {
    federation::DownloadsService& downloads;
    Records& records;
    BlobStore& blobs;
    const Clock& clock;
    Rng& rng;
  };

  Previews(const Config& config, Deps deps) : config_(config), deps_(deps) {}

  // The answer of GET …/preview_url as JSON; a picture becomes a file of ours. M_INVALID_PARAM: no
  // URL that is fetched; M_NOT_FOUND: nothing was found there.
  absl::StatusOr<std::string> Get(const rpc::Call& call, const std::string& url);

 private:
  struct Remembered {
    std::string json;
    absl::Time until;
  };

  absl::StatusOr<std::string> Find(const rpc::Call& call, const std::string& url);
  absl::StatusOr<federation::FetchResponse> Fetch(const rpc::Call& call, std::string& url,
                                                  size_t max_bytes);
  // Puts the picture that `preview` names in the place of its URL, or drops it.
  absl::Status TakePicture(const rpc::Call& call, Partition p, const std::string& page,
                           json::Object& preview);
  // As a file in this partition, which is that of the URL asked for: its owner is who writes.
  absl::Status KeepPicture(Partition p, const federation::FetchResponse& picture,
                           json::Object& preview);

  const Config& config_;
  const Deps deps_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Remembered> remembered_ ABSL_GUARDED_BY(mutex_);
};

// Where `reference`, found on the page `base`, leads: an https URL. Empty: nowhere that is fetched.
std::string ResolveUrl(const std::string& base, const std::string& reference);

}  // namespace parley::media
