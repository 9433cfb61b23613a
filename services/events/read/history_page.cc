#include "services/events/read/history_page.h"

#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr int64_t kMaxScanned = 2000;

bool IsPast(const PageRequest& request, RoomOrder order) {
  if (!request.to) return false;
  return request.backwards ? order <= *request.to : order > *request.to;
}

// The event that a page going back from `from` follows, if history is missing between the two.
absl::StatusOr<std::string> GapAt(RoomAccess& access, RoomOrder from) {
  std::string gap;
  PARLEY_RETURN_IF_ERROR(ScanForwards(access.db, access.partition(), access.nid(), from, 1, [&](const EventRow& row) {
    if ((row.flags & kAfterGap) != 0) gap = row.event_id;
    return false;
  }));
  return gap;
}

}  // namespace

absl::StatusOr<HistoryPage> ReadPage(RoomAccess& access, const PageRequest& request,
                                     const EventFilter& filter) {
  HistoryPage page;
  if (request.backwards && request.stop_at_gap) {
    PARLEY_TRY(page.gap, GapAt(access, request.from));
    if (!page.gap.empty()) {
      page.next = request.from;
      return page;
    }
  }
  int64_t scanned = 0;
  bool stopped = false;
  RoomOrder last = request.from;
  const auto on_event = [&](const EventRow& row) {
    if (IsPast(request, row.ord)) return false;
    if (page.events.size() == request.limit) {
      stopped = true;
      return false;
    }
    ++scanned;
    last = request.backwards ? row.ord - 1 : row.ord;
    if (access.door.MaySee(row) && filter.Keeps(row)) page.events.push_back(row);
    if (request.backwards && (row.flags & kAfterGap) != 0) {
      stopped = true;
      page.gap = row.event_id;
    }
    return !stopped;
  };
  const Partition p = access.partition();
  PARLEY_RETURN_IF_ERROR(
      request.backwards
          ? ScanBackwards(access.db, p, access.nid(), request.from, kMaxScanned, on_event)
          : ScanForwards(access.db, p, access.nid(), request.from, kMaxScanned, on_event));
  if (stopped || scanned == kMaxScanned) page.next = last;
  return page;
}

}  // namespace parley::events
