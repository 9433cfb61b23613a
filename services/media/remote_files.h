#pragma once

#include <map>
#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/rpc/call.h"
#include "parley/federation/v1/downloads.parley.h"
#include "services/media/blob_store.h"
#include "services/media/config.h"
#include "services/media/metrics.h"
#include "services/media/multipart.h"
#include "services/media/records.h"

namespace parley::media {

// Copies of other servers' files: asked for there once, however many want one at a time, and kept.
// Threads: any; callers block within their deadline. Lifetime: borrows config and all of Deps.
class RemoteFiles {
 public:
  struct Deps {
    federation::DownloadsService& downloads;
    Records& records;
    BlobStore& blobs;
    const Metrics& metrics;
    const Clock& clock;
    Rng& rng;
  };

  RemoteFiles(const Config& config, Deps deps) : config_(config), deps_(deps) {}

  // M_NOT_FOUND: the server has no such file, or could not be asked, or answered nonsense.
  // M_NOT_YET_UPLOADED: it says so. 502 M_TOO_LARGE: the file is larger than we take.
  absl::StatusOr<FileRow> Fetch(const rpc::Call& call, const Place& place);

 private:
  struct Flight;
  struct Answer;

  absl::StatusOr<FileRow> Get(const rpc::Call& call, const Place& place);
  absl::StatusOr<Answer> Ask(const rpc::Call& call, federation::v1::FetchRequest request);
  absl::StatusOr<Answer> Download(const rpc::Call& call, const Place& place);
  absl::StatusOr<Answer> DownloadOldWay(const rpc::Call& call, const Place& place);
  absl::StatusOr<Answer> Follow(const rpc::Call& call, const std::string& location);
  absl::StatusOr<FileRow> Keep(const Place& place, const Answer& answer);

  const Config& config_;
  const Deps deps_;
  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<Flight>> flights_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::media
