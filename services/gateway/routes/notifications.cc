#include "services/gateway/routes/notifications.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <absl/strings/numbers.h>

#include "common/base/strings.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/events/v1/events.parley.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"

// Client-server API, "Listing notifications".
namespace parley::gateway {
namespace {

constexpr int64_t kDefaultLimit = 20;
constexpr int64_t kMaxLimit = 100;

// Where a page begins: behind this notification. As text "<ts>_<event id>".
struct Place {
  int64_t ts = 0;
  std::string event_id;

  static absl::StatusOr<Place> Parse(const std::string& text) {
    Place place;
    const size_t end = text.find('_');
    if (end == std::string::npos || !absl::SimpleAtoi(text.substr(0, end), &place.ts) || end + 1 == text.size()) {
      return InvalidParam("'from' is no token of an earlier page");
    }
    place.event_id = text.substr(end + 1);
    return place;
  }
};

// The user's rooms and rules. Asked for with a position that nothing is behind, `accounts` adds no news.
absl::StatusOr<accounts::v1::ReadSinceResponse> ReadAccount(const Deps& deps, const RequestContext& context) {
  accounts::v1::ReadSinceRequest request;
  request.set_user_id(context.requester().user.str());
  request.set_since(std::numeric_limits<int64_t>::max());
  return deps.accounts.ReadSince(context.call(), request);
}

absl::StatusOr<events::v1::ListNotificationsRequest> RequestFrom(const Deps& deps, RequestContext& context) {
  events::v1::ListNotificationsRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  if (const auto from = context.Query("from"); from && !from->empty()) {
    PARLEY_TRY(Place place, Place::Parse(std::string(*from)));
    request.set_after_ts(place.ts);
    request.set_after_event_id(std::move(place.event_id));
  }
  request.set_highlights_only(context.Query("only") == "highlight");
  PARLEY_TRY(auto account, ReadAccount(deps, context));
  for (const auto& membership : account.memberships()) {
    if (membership.membership() == "join") request.add_room_ids(membership.room_id());
  }
  request.set_push_rule_changes(std::move(*account.mutable_push_rule_changes()));
  *request.mutable_ignored_users() = account.ignored_users();
  return request;
}

std::string PageJson(const events::v1::ListNotificationsResponse& found, int limit) {
  const bool has_more = found.notifications_size() > limit;
  const int count = std::min(found.notifications_size(), limit);
  std::string out;
  json::Writer w(out);
  w.BeginObject().Key("notifications").BeginArray();
  for (int i = 0; i < count; ++i) w.Raw(found.notifications(i).json());
  w.EndArray();
  if (has_more && count > 0) {
    const auto& last = found.notifications(count - 1);
    w.Key("next_token").String(StrCat(last.ts(), "_", last.event_id()));
  }
  w.EndObject();
  return out;
}

// GET /_matrix/client/v3/notifications
absl::StatusOr<HttpAnswer> ListNotifications(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const int64_t asked, context.QueryInt("limit", kDefaultLimit));
  if (asked < 0) return InvalidParam("'limit' must not be negative");
  const int limit = static_cast<int>(std::min(asked, kMaxLimit));
  PARLEY_TRY(auto request, RequestFrom(deps, context));
  request.set_limit(limit + 1);
  PARLEY_TRY(const auto found, deps.events.ListNotifications(context.call(), request));
  return JsonAnswer(PageJson(found, limit));
}

}  // namespace

void AddNotificationRoutes(Router& router, const Deps& deps) {
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/notifications",
              .handler = [deps](RequestContext& context) { return ListNotifications(deps, context); }});
}

}  // namespace parley::gateway
