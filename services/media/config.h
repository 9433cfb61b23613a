#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <absl/time/time.h>

namespace parley::media {

struct Config {
  std::string server_name = "localhost";
  uint32_t partitions = 256;
  // The folder of all files; in a cluster all processes see the same.
  std::string path;

  size_t max_upload_bytes = 50 << 20;
  // Of a file of another server.
  size_t max_remote_bytes = 50 << 20;
  // Ids of one user that were made and wait for content, and for how long they may.
  size_t max_reserved = 20;
  absl::Duration reserved_lifetime = absl::Hours(24);
  // An upload that was not gone on with for this long is given up.
  absl::Duration upload_lifetime = absl::Hours(1);
  // Requests that may wait at the same time for a file that is not there yet.
  size_t max_waiting = 16;

  // Web pages are fetched for previews of their URLs.
  bool url_previews = false;

  // Any size is made as asked for, up to the largest standard one; else the next standard size.
  bool any_thumbnail_size = false;
  // Images with more pixels, or files with more bytes, get no thumbnails.
  size_t max_thumbnail_pixels = 32 << 20;
  size_t max_thumbnail_source_bytes = 20 << 20;
  absl::Duration thumbnail_timeout = absl::Seconds(10);
  // Thumbnails that are made at the same time; others wait for their turn.
  int thumbnails_at_once = 2;
};

}  // namespace parley::media
