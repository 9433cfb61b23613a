#pragma once

#include <memory>

#include <absl/types/span.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/bus/bus.h"
#include "common/metrics/registry.h"
#include "common/runtime/periodic.h"
#include "common/store/store.h"
#include "common/stream/writer.h"
#include "parley/federation/v1/downloads.parley.h"
#include "parley/media/v1/media.parley.h"
#include "services/media/arrivals.h"
#include "services/media/blob_store.h"
#include "services/media/config.h"
#include "services/media/metrics.h"
#include "services/media/previews.h"
#include "services/media/records.h"
#include "services/media/remote_files.h"
#include "services/media/thumbnails.h"
#include "services/media/uploads.h"

namespace parley::media {

// Files of users, copies of other servers' files, thumbnails.
//
// Threads: every method from any thread. Lifetime: borrows config and all of Deps.
// Owns: tables media_files, media_reservations and media_thumbnails, the stream "media" of every
// partition (nobody follows it), and what the blob store holds.
class Service final : public MediaService {
 public:
  struct Deps {
    store::Store& store;
    bus::Bus& bus;
    BlobStore& blobs;
    federation::DownloadsService& downloads;
    const Clock& clock;
    Rng& rng;
    metrics::Registry& registry;
  };

  // Owns everything.
  static absl::StatusOr<std::unique_ptr<Service>> Open(const Config& config, Deps deps);
  // Owns nothing until OpenPartitions.
  Service(const Config& config, Deps deps);

  absl::Status OpenPartitions(absl::Span<const Partition> opened);
  void ClosePartitions(absl::Span<const Partition> closed);

  // Drops uploads that nobody goes on with, and ids that have expired. Runs by itself every while.
  void Tidy();

  absl::StatusOr<CreateResponse> Create(const rpc::Call& call,
                                        const CreateRequest& request) override;
  absl::StatusOr<WriteResponse> Write(const rpc::Call& call, const WriteRequest& request) override;
  absl::StatusOr<FinishResponse> Finish(const rpc::Call& call,
                                        const FinishRequest& request) override;
  absl::StatusOr<ReadResponse> Read(const rpc::Call& call, const ReadRequest& request) override;
  absl::StatusOr<PreviewResponse> Preview(const rpc::Call& call,
                                          const PreviewRequest& request) override;
  absl::StatusOr<QuarantineResponse> Quarantine(const rpc::Call& call,
                                                const QuarantineRequest& request) override;

 private:
  absl::StatusOr<FileRow> Find(const rpc::Call& call, const Place& place,
                               const ReadRequest& request);
  absl::StatusOr<FileRow> FindOwn(const Place& place, absl::Time until);
  std::optional<Place> PlaceOf(const std::string& media_id, const std::string& remote) const;

  const Config& config_;
  const Deps deps_;
  const Metrics metrics_;
  stream::Streams streams_;
  Records records_;
  Arrivals arrivals_;
  Uploads uploads_;
  RemoteFiles remote_files_;
  Thumbnails thumbnails_;
  Previews previews_;
  Periodic tidying_;
};

}  // namespace parley::media
