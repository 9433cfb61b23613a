#include "services/federation/discovery.h"

#include <algorithm>
#include <utility>

#include "common/base/strings.h"
#include "common/federation/well_known_cache.h"
#include "common/http/client.h"
#include "common/http/dns.h"
#include "common/http/redirect.h"
#include "common/status/macros.h"

namespace parley::federation {
namespace {

constexpr absl::Duration kRouteLifetime = absl::Minutes(10);
constexpr absl::Duration kWellKnownTimeout = absl::Seconds(8);
constexpr size_t kMaxWellKnown = 50 << 10;
constexpr size_t kMaxKnown = 20'000;
constexpr int kMaxRedirects = 5;
constexpr std::string_view kWellKnownPath = "/.well-known/matrix/server";

// Full: forgotten as a whole, which is rare and costs questions only.
template <class Map>
void MakeRoom(Map& map) {
  if (map.size() >= kMaxKnown) map.clear();
}

std::vector<SrvRecord> ToRecords(const std::vector<http::SrvAnswer>& answers) {
  std::vector<SrvRecord> records;
  for (const http::SrvAnswer& answer : answers) {
    records.push_back({answer.priority, answer.weight, answer.port, answer.target});
  }
  return records;
}

}  // namespace

absl::StatusOr<Route> Discovery::Find(const std::string& server_name, absl::Time deadline) {
  {
    absl::MutexLock lock(&mutex_);
    const auto known = routes_.find(server_name);
    if (known != routes_.end() && clock_.Now() < known->second.until) return known->second.route;
  }
  PARLEY_TRY(Resolution resolution, Resolution::Begin(server_name));
  while (resolution.step() != Resolution::Step::kDone) {
    if (resolution.step() == Resolution::Step::kWellKnown) {
      resolution.AnswerWellKnown(AskWellKnown(resolution.name(), deadline));
    } else {
      const auto records = client_.dns().SrvAndWait(resolution.name());
      resolution.AnswerSrv(records.ok() ? ToRecords(*records) : std::vector<SrvRecord>(), rng_);
    }
  }
  absl::MutexLock lock(&mutex_);
  MakeRoom(routes_);
  routes_[server_name] = {resolution.route(), clock_.Now() + kRouteLifetime};
  return resolution.route();
}

void Discovery::Forget(const std::string& server_name) {
  absl::MutexLock lock(&mutex_);
  routes_.erase(server_name);
}

std::optional<std::string> Discovery::AskWellKnown(const std::string& host, absl::Time deadline) {
  Delegation known;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = delegations_.find(host);
    if (found != delegations_.end()) known = found->second;
  }
  if (clock_.Now() < known.until) return known.server;
  known = FetchWellKnown(host, deadline, known.failures);
  absl::MutexLock lock(&mutex_);
  MakeRoom(delegations_);
  delegations_[host] = known;
  return known.server;
}

Discovery::Delegation Discovery::FetchWellKnown(const std::string& host, absl::Time deadline,
                                                int failures) {
  const auto answer = GetFollowing(host, std::min(deadline, absl::Now() + kWellKnownTimeout));
  const absl::Time now = clock_.Now();
  if (answer.ok() && answer->status == 200) {
    if (auto server = ReadWellKnown(answer->body)) {
      const absl::Duration lifetime = WellKnownLifetime(answer->headers.Get("Cache-Control"),
                                                        answer->headers.Get("Expires"), now);
      return {std::move(server), now + lifetime, 0};
    }
  }
  return {std::nullopt, now + WellKnownFailureLifetime(failures + 1), failures + 1};
}

absl::StatusOr<http::ClientResponse> Discovery::GetFollowing(const std::string& host,
                                                             absl::Time deadline) {
  http::ClientRequest request;
  request.host = host;
  request.target = kWellKnownPath;
  request.deadline = deadline;
  request.max_body = kMaxWellKnown;
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    PARLEY_TRY(http::ClientResponse answer, client_.SendAndWait(request));
    if (!http::IsRedirect(answer.status)) return answer;
    if (!http::PointTo(answer.headers.Get("Location"), request)) break;
  }
  return absl::UnavailableError("redirected to nowhere");
}

}  // namespace parley::federation
