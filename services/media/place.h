#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/partition.h"

namespace parley::media {

// Which file, and in which partition it is known.
struct Place {
  Partition p = 0;
  std::string origin;  // the server it is of; empty: ours
  std::string media_id;

  bool is_ours() const { return origin.empty(); }
};

// What the ids of our files begin with.
inline constexpr std::string_view kIdKind = "m";

// Of a file of ours; nothing for what can't be an id that we made.
std::optional<Place> OwnPlace(std::string_view media_id, uint32_t partitions);
// Of "<server>/<media id>"; nothing where one of the two can't be.
std::optional<Place> RemotePlace(std::string_view remote, uint32_t partitions);

}  // namespace parley::media
