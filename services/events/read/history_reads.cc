#include "services/events/read/history_reads.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/read/event_array.h"
#include "services/events/read/history_page.h"
#include "services/events/read/room_token.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr size_t kDefaultLimit = 10;
constexpr size_t kMaxLimit = 1000;
constexpr std::string_view kMember = "m.room.member";

size_t LimitOf(uint32_t asked) { return std::min<size_t>(asked == 0 ? kDefaultLimit : asked, kMaxLimit); }

// Lazy loading: the members who speak on this page, as they were at its latest event.
absl::StatusOr<std::vector<StateRow>> Speakers(RoomAccess& access, const std::vector<EventRow>& events) {
  std::set<std::string> senders;
  int64_t pos = 0;
  for (const EventRow& row : events) {
    senders.insert(row.sender);
    pos = std::max(pos, row.pos);
  }
  std::vector<StateRow> members;
  for (const std::string& sender : senders) {
    PARLEY_TRY(const auto member,
               StateEntryAt(access.db, access.partition(), access.nid(), pos, kMember, sender));
    if (member) members.push_back(*member);
  }
  return members;
}

absl::StatusOr<PageRequest> PageFor(const RoomAccess& access, const v1::GetMessagesRequest& request) {
  PageRequest page{.backwards = request.backwards(), .limit = LimitOf(request.limit())};
  const RoomOrder end = LiveOrder(access.head);
  page.from = request.backwards() ? end : std::numeric_limits<RoomOrder>::min();
  if (!request.from().empty()) {
    PARLEY_TRY(page.from, ParseRoomToken(request.from(), access.partition(), LiveOrder(access.upto)));
  }
  if (!request.to().empty()) {
    PARLEY_TRY(page.to, ParseRoomToken(request.to(), access.partition(), LiveOrder(access.upto)));
  }
  return page;
}

absl::Status WriteMessages(RoomAccess& access, const v1::GetMessagesRequest& request,
                           const EventFilter& filter, std::string& out, std::string* gap) {
  PARLEY_RETURN_IF_ERROR(CheckMayReadState(access));
  PARLEY_TRY(PageRequest asked, PageFor(access, request));
  asked.stop_at_gap = gap != nullptr;
  PARLEY_TRY(const HistoryPage page, ReadPage(access, asked, filter));
  if (gap != nullptr) *gap = page.gap;
  json::Writer w(out);
  w.BeginObject().Key("start");
  w.String(request.from().empty() ? RoomToken(asked.from) : request.from()).Key("chunk");
  PARLEY_RETURN_IF_ERROR(WriteEvents(access, page.events, w));
  if (page.next) w.Key("end").String(RoomToken(*page.next));
  if (filter.lazy_load_members() && !page.events.empty()) {
    PARLEY_TRY(const auto members, Speakers(access, page.events));
    w.Key("state");
    PARLEY_RETURN_IF_ERROR(WriteStateEvents(access, members, w));
  }
  w.EndObject();
  return absl::OkStatus();
}

struct Context {
  EventRow event;
  HistoryPage before, after;
};

absl::StatusOr<Context> ReadContext(RoomAccess& access, const v1::GetContextRequest& request,
                                    const EventFilter& filter) {
  Context context;
  PARLEY_RETURN_IF_ERROR(CheckMayReadState(access));
  PARLEY_TRY(const auto row, FindEvent(access.db, access.partition(), request.event_id()));
  if (!row || row->room != access.nid() || !access.door.MaySee(*row)) {
    return NotFound("There is no such event");
  }
  context.event = *row;
  const size_t limit = std::min<size_t>(request.limit(), kMaxLimit);
  PARLEY_TRY(context.before,
             ReadPage(access, {.backwards = true, .from = row->ord - 1, .limit = limit / 2}, filter));
  PARLEY_TRY(context.after, ReadPage(access, {.backwards = false,
                                              .from = row->ord,
                                              .limit = limit - limit / 2},
                                     filter));
  return context;
}

absl::StatusOr<std::vector<StateRow>> StateOf(RoomAccess& access, const Context& context,
                                              const EventFilter& filter) {
  const EventRow& last =
      context.after.events.empty() ? context.event : context.after.events.back();
  PARLEY_TRY(auto states, StateAt(access.db, access.partition(), access.nid(), last.pos));
  if (!filter.lazy_load_members()) return states;
  std::set<std::string> senders = {context.event.sender};
  for (const EventRow& row : context.before.events) senders.insert(row.sender);
  for (const EventRow& row : context.after.events) senders.insert(row.sender);
  std::erase_if(states, [&](const StateRow& state) {
    return state.type == kMember && !senders.contains(state.state_key);
  });
  return states;
}

absl::Status WriteContext(RoomAccess& access, const v1::GetContextRequest& request,
                          const EventFilter& filter, std::string& out) {
  PARLEY_TRY(const Context context, ReadContext(access, request, filter));
  const auto& before = context.before.events;
  const auto& after = context.after.events;
  json::Writer w(out);
  w.BeginObject().Key("start");
  w.String(RoomToken((before.empty() ? context.event : before.back()).ord - 1));
  w.Key("end").String(RoomToken((after.empty() ? context.event : after.back()).ord));
  PARLEY_TRY(const std::string event, access.door.Json(context.event));
  w.Key("event").Raw(event).Key("events_before");
  PARLEY_RETURN_IF_ERROR(WriteEvents(access, before, w));
  w.Key("events_after");
  PARLEY_RETURN_IF_ERROR(WriteEvents(access, after, w));
  PARLEY_TRY(const auto states, StateOf(access, context, filter));
  w.Key("state");
  PARLEY_RETURN_IF_ERROR(WriteStateEvents(access, states, w));
  w.EndObject();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::JsonResponse> GetMessages(const ReadDeps& deps,
                                             const v1::GetMessagesRequest& request, std::string* gap) {
  PARLEY_TRY(EventFilter filter, EventFilter::Parse(request.filter()));
  filter.Ignore(request.ignored_users());
  return JsonFrom(deps, request.requester(), request.room_id(), [&](RoomAccess& access, std::string& out) {
    return WriteMessages(access, request, filter, out, gap);
  });
}

absl::StatusOr<v1::JsonResponse> GetContext(const ReadDeps& deps,
                                            const v1::GetContextRequest& request) {
  PARLEY_TRY(EventFilter filter, EventFilter::Parse(request.filter()));
  filter.Ignore(request.ignored_users());
  return JsonFrom(deps, request.requester(), request.room_id(), [&](RoomAccess& access, std::string& out) {
    return WriteContext(access, request, filter, out);
  });
}

}  // namespace parley::events
