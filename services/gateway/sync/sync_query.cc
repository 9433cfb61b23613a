#include "services/gateway/sync/sync_query.h"

#include <algorithm>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/endpoint.h"

namespace parley::gateway {
namespace {

// Longer waits are cut: the client asks again.
constexpr int64_t kMaxTimeoutMs = 40'000;

constexpr std::string_view kPresenceValues[] = {"online", "offline", "unavailable",
                                                "free_for_chat", "hidden",      "busy",
                                                "org.matrix.msc3026.busy"};

bool IsPresence(std::string_view value) {
  return std::find(std::begin(kPresenceValues), std::end(kPresenceValues), value) !=
         std::end(kPresenceValues);
}

// Clients that are older than version 1.16 of the specification ask by the name that the proposal had.
absl::StatusOr<std::string_view> StateAfter(const RequestContext& request) {
  PARLEY_TRY(const bool stable, request.QueryBool("use_state_after", false));
  if (stable) return "state_after";
  PARLEY_TRY(const bool unstable, request.QueryBool("org.matrix.msc4222.use_state_after", false));
  return unstable ? "org.matrix.msc4222.state_after" : "";
}

}  // namespace

absl::StatusOr<SyncQuery> ReadSyncQuery(const RequestContext& request,
                                        std::shared_ptr<const SyncFilter> filter) {
  SyncQuery query;
  query.requester = request.requester().ToProto();
  query.filter = std::move(filter);
  if (const auto since = request.Query("since"); since && !since->empty()) {
    PARLEY_TRY(query.since, stream::SyncToken::Parse(*since));
  }
  PARLEY_TRY(const int64_t timeout, request.QueryInt("timeout", 0));
  query.timeout = absl::Milliseconds(std::clamp<int64_t>(timeout, 0, kMaxTimeoutMs));
  PARLEY_TRY(query.full_state, request.QueryBool("full_state", false));
  PARLEY_TRY(query.state_after, StateAfter(request));
  query.set_presence = request.QueryOr("set_presence", "online");
  if (!IsPresence(query.set_presence)) return InvalidParam("set_presence is not a presence state");
  return query;
}

}  // namespace parley::gateway
