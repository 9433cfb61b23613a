#pragma once

#include <memory>
#include <string>

#include "services/media/blob_store.h"

namespace parley::media {

// A folder: incoming/<upload> are files under construction, blobs/ab/cd/<sha256> those that are
// complete. A file gets its place by a rename, after it was synced to disk: there is no half one.
// Several processes may share it, also over a network.
class BlobFolder final : public BlobStore {
 public:
  // Makes what is not there. Unavailable when it can't be made or written.
  static absl::StatusOr<std::unique_ptr<BlobFolder>> Open(std::string path);

  absl::Status Write(std::string_view upload, uint64_t offset, std::string_view bytes) override;
  absl::StatusOr<Blob> Keep(std::string_view upload) override;
  void Discard(std::string_view upload) override;
  void DiscardOlderThan(absl::Time time) override;
  absl::StatusOr<std::string> Read(std::string_view sha256, uint64_t offset,
                                   size_t length) const override;

 private:
  explicit BlobFolder(std::string path) : path_(std::move(path)) {}

  std::string IncomingPath(std::string_view upload) const;
  std::string BlobPath(std::string_view sha256) const;

  const std::string path_;
};

}  // namespace parley::media
