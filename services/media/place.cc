#include "services/media/place.h"

#include "common/base/ids.h"
#include "common/base/mxc.h"
#include "common/base/token.h"

namespace parley::media {

std::optional<Place> OwnPlace(std::string_view media_id, uint32_t partitions) {
  const auto partition = TokenPartition(kIdKind, media_id, partitions);
  if (!partition) return std::nullopt;
  return Place{*partition, "", std::string(media_id)};
}

std::optional<Place> RemotePlace(std::string_view remote, uint32_t partitions) {
  const size_t slash = remote.find('/');
  if (slash == remote.npos) return std::nullopt;
  const std::string_view server = remote.substr(0, slash), media_id = remote.substr(slash + 1);
  if (!IsValidServerName(server) || !IsValidMediaId(media_id)) return std::nullopt;
  return Place{PartitionOf(remote, partitions), std::string(server), std::string(media_id)};
}

}  // namespace parley::media
