#pragma once

#include <array>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "parley/media/v1/media.pb.h"
#include "services/media/arrivals.h"
#include "services/media/blob_store.h"
#include "services/media/config.h"
#include "services/media/metrics.h"
#include "services/media/records.h"

namespace parley::media {

// How a user's file comes in. Threads: any. Lifetime: borrows config and all of Deps.
class Uploads {
 public:
  struct Deps {
    Records& records;
    BlobStore& blobs;
    Arrivals& arrivals;
    const Metrics& metrics;
    const Clock& clock;
    Rng& rng;
  };

  Uploads(const Config& config, Deps deps) : config_(config), deps_(deps) {}

  // As in the contract.
  absl::StatusOr<v1::CreateResponse> Create(const v1::CreateRequest& request);
  absl::Status Write(const v1::WriteRequest& request);
  absl::Status Finish(const v1::FinishRequest& request);

  // Drops ids of this partition that have expired.
  absl::Status DropExpired(Partition p);

 private:
  absl::Status CheckMayFill(const Place& place, const v1::Upload& upload) const;
  absl::Status CheckSize(uint64_t offset, std::string_view data) const;
  absl::Status Keep(const Place& place, const v1::FinishRequest& request);
  absl::Mutex& LockOf(std::string_view key) { return locks_[PartitionOf(key, locks_.size())]; }

  const Config& config_;
  const Deps deps_;
  // One file's writes, and one user's reservations, come one after another.
  std::array<absl::Mutex, 64> locks_;
};

}  // namespace parley::media
