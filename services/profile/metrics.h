#pragma once

#include "common/metrics/registry.h"

namespace parley::profile {

// What profile exports. Threads: any.
struct Metrics {
  explicit Metrics(metrics::Registry& registry)
      : changes(registry.AddCounter("parley_profile_changes_total", "Fields set or removed")),
        rooms(registry.AddCounter("parley_profile_rooms_updated_total", "Rooms that were given a new name or avatar")),
        retries(registry.AddCounter("parley_profile_retries_total", "Propagations that are tried again")) {}

  metrics::Counter changes;
  metrics::Counter rooms;
  metrics::Counter retries;
};

}  // namespace parley::profile
