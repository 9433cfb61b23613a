#include "services/media/blob_store.h"

#include "common/crypto/hash.h"
#include "common/status/macros.h"

namespace parley::media {
namespace {

constexpr size_t kNameBytes = 16;

}  // namespace

absl::StatusOr<BlobStore::Blob> KeepWhole(BlobStore& blobs, Rng& rng, std::string_view bytes) {
  const std::string name = crypto::EncodeHex(rng.Bytes(kNameBytes));
  PARLEY_RETURN_IF_ERROR(blobs.Write(name, 0, bytes));
  return blobs.Keep(name);
}

}  // namespace parley::media
