#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/base/rng.h"
#include "common/rpc/call.h"
#include "services/media/blob_store.h"
#include "services/media/config.h"
#include "services/media/metrics.h"
#include "services/media/records.h"

namespace parley::media {

// Thumbnails, made when somebody asks and kept. Threads: any; callers wait for their turn within
// their deadline. Lifetime: borrows config and all of Deps.
class Thumbnails {
 public:
  struct Deps {
    Records& records;
    BlobStore& blobs;
    const Metrics& metrics;
    Rng& rng;
  };

  Thumbnails(const Config& config, Deps deps)
      : config_(config), deps_(deps), free_(config.thumbnails_at_once) {}

  // Of `file`, in the size to make for `asked`. 400 M_UNKNOWN: none can be made of it; 413
  // M_TOO_LARGE: it is too large for that.
  absl::StatusOr<ThumbnailRow> Get(const rpc::Call& call, const FileRow& file,
                                   const ThumbnailKey& asked);

 private:
  absl::StatusOr<ThumbnailRow> Make(const FileRow& file, const ThumbnailKey& size);
  bool TakeTurn(absl::Time deadline);
  void EndTurn();

  const Config& config_;
  const Deps deps_;
  absl::Mutex mutex_;
  int free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::media
