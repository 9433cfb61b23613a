#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/base/rng.h"

namespace parley::media {

// The bytes of files, each kept once, under the SHA-256 of what is in it. A folder today; storage
// that speaks S3 would be another.
//
// Threads: every method from any thread. Errors besides those named: Unavailable, with what the
// system said.
class BlobStore {
 public:
  struct Blob {
    std::string sha256;  // lower-case hexadecimal
    uint64_t size = 0;
  };

  virtual ~BlobStore() = default;

  // Writes a part of a file under construction. `upload` names it, in characters of [A-Za-z0-9_.-].
  // Parts come in order, or once more; FailedPrecondition when one is missing before this.
  virtual absl::Status Write(std::string_view upload, uint64_t offset, std::string_view bytes) = 0;
  // Ends the construction: on disk, whatever happens now, when it returns. NotFound: nothing was
  // written under this name.
  virtual absl::StatusOr<Blob> Keep(std::string_view upload) = 0;
  virtual void Discard(std::string_view upload) = 0;
  // Forgets files under construction that were last written before this time.
  virtual void DiscardOlderThan(absl::Time time) = 0;

  // At most `length` bytes from `offset` on. NotFound: there is no such file.
  virtual absl::StatusOr<std::string> Read(std::string_view sha256, uint64_t offset,
                                           size_t length) const = 0;
};

// A file that is there as a whole.
absl::StatusOr<BlobStore::Blob> KeepWhole(BlobStore& blobs, Rng& rng, std::string_view bytes);

}  // namespace parley::media
