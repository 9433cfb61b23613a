#include "services/events/read/notifications.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/read/event_filter.h"
#include "services/events/read/push_judgement.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr int64_t kScannedPerRoom = 1'000;
constexpr int64_t kScannedInAll = 20'000;
constexpr uint32_t kMaxLimit = 200;

using push_rules::CompiledRules;
// In the order of the answer the greater comes first.
using Place = std::pair<int64_t, std::string_view>;

Place PlaceOf(const v1::Notification& notification) { return {notification.ts(), notification.event_id()}; }

std::string NotificationJson(const ReadDoor& door, const EventRow& row, const push_rules::Outcome& outcome,
                             bool is_read, std::string_view event) {
  std::string out;
  json::Writer w(out);
  w.BeginObject();
  w.Key("actions").Add(outcome.actions ? *outcome.actions : json::Array());
  w.Key("event").Raw(event);
  w.Key("read").Bool(is_read);
  w.Key("room_id").String(door.room().room_id);
  w.Key("ts").Int(row.ts);
  w.EndObject();
  return out;
}

// One room's part, newest first.
class RoomNotifications {
 public:
  RoomNotifications(RoomAccess& access, const v1::ListNotificationsRequest& request, const CompiledRules& rules,
                    const EventFilter& filter)
      : access_(access), request_(request), rules_(rules), filter_(filter) {}

  // Reads at most `budget` events, and takes those that it read off it.
  absl::Status AppendTo(v1::ListNotificationsResponse& response, int64_t& budget) {
    if (access_.door.membership() != event::Membership::kJoin) return absl::OkStatus();
    PARLEY_TRY(const auto rows, Candidates(budget));
    if (rows.empty()) return absl::OkStatus();
    PARLEY_TRY(const auto receipts,
               ReceiptsOf(access_.db, access_.partition(), access_.nid(), access_.door.viewer().user_id));
    const ReadMarks marks(receipts, access_.door.JoinedAt());
    PARLEY_TRY(const PushFacts facts,
               PushFacts::Read(access_.db, access_.door, /*count_all=*/!request_.push_rule_changes().empty()));
    uint32_t found = 0;
    for (const EventRow& row : rows) {
      const auto outcome = Judge(access_.door, row, rules_, facts);
      if (!outcome || !outcome->notify || (request_.highlights_only() && !outcome->highlight)) continue;
      PARLEY_RETURN_IF_ERROR(Add(row, *outcome, row.pos <= marks.In(row.thread_root), response));
      if (++found == request_.limit()) break;
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<RoomOrder> Begin() {
    if (request_.after_event_id().empty()) return LiveOrder(access_.head);
    PARLEY_TRY(const auto latest, FindByTime(access_.db, access_.partition(), access_.nid(), request_.after_ts(),
                                             /*backwards=*/true));
    return latest ? latest->ord : -1;
  }

  bool ComesBehind(const EventRow& row) const {
    if (request_.after_event_id().empty()) return true;
    return Place(row.ts, row.event_id) < Place(request_.after_ts(), request_.after_event_id());
  }

  // Events since joining that may notify, if the rules say so.
  absl::StatusOr<std::vector<EventRow>> Candidates(int64_t& budget) {
    PARLEY_TRY(const RoomOrder begin, Begin());
    std::vector<EventRow> rows;
    const int64_t joined_at = access_.door.JoinedAt();
    PARLEY_RETURN_IF_ERROR(ScanBackwards(access_.db, access_.partition(), access_.nid(), begin,
                                         std::min(kScannedPerRoom, budget), [&](const EventRow& row) {
                                           --budget;
                                           if (row.pos <= joined_at) return false;
                                           const bool wanted = ComesBehind(row) && filter_.Keeps(row) &&
                                                               MayNotify(access_.door, row);
                                           if (wanted) rows.push_back(row);
                                           return true;
                                         }));
    return rows;
  }

  absl::Status Add(const EventRow& row, const push_rules::Outcome& outcome, bool is_read,
                   v1::ListNotificationsResponse& response) {
    PARLEY_TRY(const std::string event, access_.door.Json(row));
    v1::Notification& out = *response.add_notifications();
    out.set_ts(row.ts);
    out.set_event_id(row.event_id);
    out.set_json(NotificationJson(access_.door, row, outcome, is_read, event));
    return absl::OkStatus();
  }

  RoomAccess& access_;
  const v1::ListNotificationsRequest& request_;
  const CompiledRules& rules_;
  const EventFilter& filter_;
};

void KeepNewest(uint32_t limit, v1::ListNotificationsResponse& response) {
  auto& all = *response.mutable_notifications();
  std::sort(all.begin(), all.end(), [](const v1::Notification& a, const v1::Notification& b) {
    return PlaceOf(a) > PlaceOf(b);
  });
  if (all.size() > static_cast<int>(limit)) all.DeleteSubrange(limit, all.size() - limit);
}

}  // namespace

absl::StatusOr<v1::ListNotificationsResponse> ListNotifications(const ReadDeps& deps, UnreadCounter& unread,
                                                                const v1::ListNotificationsRequest& request) {
  if (request.limit() > kMaxLimit) return absl::InvalidArgumentError("too many notifications at once");
  PARLEY_TRY(const auto rules, unread.RulesFrom(request.push_rule_changes()));
  EventFilter filter;
  filter.Ignore(request.ignored_users());
  v1::ListNotificationsResponse response;
  int64_t budget = kScannedInAll;
  for (const std::string& room_id : request.room_ids()) {
    if (budget <= 0) break;
    const auto read = WithRoom(deps, request.requester(), room_id, [&](RoomAccess& access) {
      return RoomNotifications(access, request, *rules, filter).AppendTo(response, budget);
    });
    if (!read.ok() && !HasErrcode(read, "M_FORBIDDEN")) return read;
  }
  KeepNewest(request.limit(), response);
  return response;
}

}  // namespace parley::events
