#pragma once

#include "common/metrics/registry.h"

namespace parley::presence {

// What presence exports. Threads: any.
struct Metrics {
  explicit Metrics(metrics::Registry& registry)
      : told_others(registry.AddCounter("parley_presence_changes_total", "Changes that others are told of")),
        profiles(registry.AddCounter("parley_presence_profile_changes_total", "Names and avatars told with presence")),
        reports(registry.AddCounter("parley_presence_session_reports_total", "Streams reported by gateways")) {}

  metrics::Counter told_others;
  metrics::Counter profiles;
  metrics::Counter reports;
};

}  // namespace parley::presence
