#pragma once

#include <string>

#include "common/calls/room_calls.h"
#include "common/metrics/registry.h"

namespace parley::calls {

// What calls exports. Threads: any.
struct Metrics {
  explicit Metrics(metrics::Registry& registry)
      : setup(registry.AddLatency("parley_calls_setup_seconds",
                                  "From an invite to its answer, by the senders' times")),
        invites(registry.AddCounter("parley_calls_invites_total", "Calls that began")),
        glare(registry.AddCounter("parley_calls_glare_total",
                                  "Calls that gave way to one that crossed them")),
        lateness(registry.AddLatency("parley_calls_delayed_lateness_seconds",
                                     "From the time a delayed event was due to its being sent")),
        fired(registry.AddCounter("parley_calls_delayed_sent_total",
                                  "Delayed events that were sent")),
        failed(registry.AddCounter("parley_calls_delayed_failed_total",
                                   "Delayed events that could not be sent")),
        restarts(registry.AddCounter("parley_calls_delayed_restarts_total",
                                     "Delayed events that were restarted")),
        registry_(registry) {}

  // Ends by their cause; a hangup's own reason where it is one of the specification's.
  metrics::Counter Ended(const Call& call) const {
    static constexpr std::string_view kKnown[] = {
        "ice_failed",        "ice_timeout", "invite_timeout", "user_hangup",
        "user_media_failed", "user_busy",   "unknown_error"};
    std::string detail;
    for (const std::string_view known : kKnown) {
      if (call.hangup_reason == known) detail = known;
    }
    return registry_.AddCounter(
        "parley_calls_ended_total", "Calls that ended, by cause and the hangup's reason",
        {{"cause", std::string(NameOf(call.end_reason))}, {"reason", detail}});
  }

  metrics::Histogram setup;
  metrics::Counter invites;
  metrics::Counter glare;
  metrics::Histogram lateness;
  metrics::Counter fired;
  metrics::Counter failed;
  metrics::Counter restarts;

 private:
  metrics::Registry& registry_;
};

}  // namespace parley::calls
