#pragma once

#include <string>

#include "common/metrics/registry.h"

namespace parley::media {

// What media exports. Threads: any.
struct Metrics {
  explicit Metrics(metrics::Registry& registry)
      : uploads(registry.AddCounter("parley_media_uploads_total", "Files that users uploaded")),
        uploaded_bytes(registry.AddCounter("parley_media_uploaded_bytes_total", "Bytes of them")),
        fetched(Fetches(registry, "ok")),
        not_fetched(Fetches(registry, "failed")),
        thumbnails(Thumbnails(registry, "ok")),
        no_thumbnails(Thumbnails(registry, "refused")),
        thumbnail_took(registry.AddLatency("parley_media_thumbnail_seconds",
                                           "Making a thumbnail, without waiting for a turn")) {}

  metrics::Counter uploads;
  metrics::Counter uploaded_bytes;
  metrics::Counter fetched;
  metrics::Counter not_fetched;
  metrics::Counter thumbnails;
  metrics::Counter no_thumbnails;
  metrics::Histogram thumbnail_took;

 private:
  static metrics::Counter Fetches(metrics::Registry& registry, const std::string& result) {
    return registry.AddCounter(
        "parley_media_remote_fetches_total",
        "Files of other servers that were asked for there, by what came of it",
        {{"result", result}});
  }
  static metrics::Counter Thumbnails(metrics::Registry& registry, const std::string& result) {
    return registry.AddCounter("parley_media_thumbnails_total",
                               "Thumbnails that were to be made, by what came of it",
                               {{"result", result}});
  }
};

}  // namespace parley::media
