#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/federation/resolution.h"

namespace parley::http {
class Client;
struct ClientResponse;
}  // namespace parley::http

namespace parley::federation {

// Where servers are reached: common/federation's steps with real questions, and what was learned
// kept for a while. Threads: any; calls block. Lifetime: borrows all.
class Discovery {
 public:
  Discovery(http::Client& client, const Clock& clock, Rng& rng)
      : client_(client), clock_(clock), rng_(rng) {}

  // InvalidArgument for what is no server name; NotFound or Unavailable when nobody could say.
  absl::StatusOr<Route> Find(const std::string& server_name, absl::Time deadline);

  // It was not reached there: it is looked for anew.
  void Forget(const std::string& server_name);

 private:
  struct KnownRoute {
    Route route;
    absl::Time until;
  };
  // What /.well-known/matrix/server of a host said.
  struct Delegation {
    std::optional<std::string> server;
    absl::Time until = absl::InfinitePast();
    int failures = 0;
  };

  std::optional<std::string> AskWellKnown(const std::string& host, absl::Time deadline);
  Delegation FetchWellKnown(const std::string& host, absl::Time deadline, int failures);
  absl::StatusOr<http::ClientResponse> GetFollowing(const std::string& host, absl::Time deadline);

  http::Client& client_;
  const Clock& clock_;
  Rng& rng_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, KnownRoute> routes_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Delegation> delegations_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::federation
