#include "services/events/read/search_reads.h"

#include <algorithm>
#include <string>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include "common/base/strings.h"
#include "common/event/client_format.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/read/event_array.h"
#include "services/events/read/event_filter.h"
#include "services/events/read/history_page.h"
#include "services/events/read/room_token.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr size_t kScannedPerRoom = 20'000;
constexpr size_t kMaxLimit = 100;
constexpr size_t kDefaultLimit = 10;

struct SearchKey {
  std::string_view key;       // as requests name it
  std::string_view type;      // the events that have it
  std::string_view property;  // of their content
};
constexpr SearchKey kKeys[] = {{"content.body", "m.room.message", "body"},
                               {"content.name", "m.room.name", "name"},
                               {"content.topic", "m.room.topic", "topic"}};

std::vector<std::string> Words(std::string_view text) {
  return absl::StrSplit(absl::AsciiStrToLower(Abs(text)), absl::ByAnyChar(" \t\r\n.,;:!?\"'()"),
                        absl::SkipEmpty());
}

bool Asked(const v1::SearchRequest& request, std::string_view key) {
  return request.keys().empty() ||
         std::find(request.keys().begin(), request.keys().end(), key) != request.keys().end();
}

struct Hit {
  EventRow row;
  double rank = 0;
};

class RoomSearch {
 public:
  RoomSearch(RoomAccess& access, const v1::SearchRequest& request, const EventFilter& filter)
      : access_(access), request_(request), filter_(filter), words_(Words(request.search_term())) {}

  absl::Status AppendTo(v1::SearchResponse& response) {
    PARLEY_TRY(const auto hits, Hits());
    for (const Hit& hit : hits) {
      v1::SearchResult& result = *response.add_results();
      result.set_room_id(access_.door.room().room_id);
      result.set_event_id(hit.row.event_id);
      result.set_sender(hit.row.sender);
      result.set_origin_server_ts(hit.row.ts);
      result.set_rank(hit.rank);
      PARLEY_RETURN_IF_ERROR(access_.door.Append(*result.mutable_event(), hit.row));
      if (request_.has_context_before() || request_.has_context_after()) {
        PARLEY_TRY(*result.mutable_context(), Surroundings(hit.row));
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<std::vector<Hit>> Hits() {
    std::vector<Hit> hits;
    PARLEY_RETURN_IF_ERROR(ScanBackwards(access_.db, access_.partition(), access_.nid(),
                                         LiveOrder(access_.head), kScannedPerRoom,
                                         [&](const EventRow& row) {
                                           const double rank = Rank(row);
                                           if (rank > 0 && access_.door.MaySee(row) && !access_.door.IsErased(row)) {
                                             hits.push_back({row, rank});
                                           }
                                           return true;
                                         }));
    return hits;
  }

  // How much of the text the words are; 0 unless all are there.
  double Rank(const EventRow& row) const {
    for (const SearchKey& key : kKeys) {
      if (row.type != key.type || !Asked(request_, key.key) || !filter_.Keeps(row)) continue;
      const auto content = json::ParseObject(event::RawMember(row.pdu, "content"));
      if (!content.ok()) return 0;
      const auto text = Words(json::StringOr(*content, key.property, ""));
      const bool all = std::all_of(words_.begin(), words_.end(), [&](const std::string& word) {
        return std::find(text.begin(), text.end(), word) != text.end();
      });
      return all && !words_.empty() ? static_cast<double>(words_.size()) / text.size() : 0;
    }
    return 0;
  }

  absl::StatusOr<std::string> Surroundings(const EventRow& row) {
    PARLEY_TRY(const HistoryPage before,
               ReadPage(access_, {.backwards = true, .from = row.ord - 1,
                                  .limit = request_.context_before()}, EventFilter()));
    PARLEY_TRY(const HistoryPage after,
               ReadPage(access_, {.backwards = false, .from = row.ord,
                                  .limit = request_.context_after()}, EventFilter()));
    std::string out;
    json::Writer w(out);
    const auto& first = before.events.empty() ? row : before.events.back();
    const auto& last = after.events.empty() ? row : after.events.back();
    w.BeginObject().Key("start").String(RoomToken(first.ord - 1));
    w.Key("end").String(RoomToken(last.ord)).Key("events_before");
    PARLEY_RETURN_IF_ERROR(WriteEvents(access_, before.events, w));
    w.Key("events_after");
    PARLEY_RETURN_IF_ERROR(WriteEvents(access_, after.events, w));
    if (request_.include_profile()) PARLEY_RETURN_IF_ERROR(WriteProfiles(row, before, after, w));
    w.EndObject();
    return out;
  }

  // Names and avatars of those who sent the events, as they were then.
  absl::Status WriteProfiles(const EventRow& row, const HistoryPage& before, const HistoryPage& after,
                             json::Writer& w) {
    std::vector<std::string> senders = {row.sender};
    for (const auto* page : {&before, &after}) {
      for (const EventRow& event : page->events) senders.push_back(event.sender);
    }
    std::sort(senders.begin(), senders.end());
    senders.erase(std::unique(senders.begin(), senders.end()), senders.end());
    w.Key("profile_info").BeginObject();
    for (const std::string& sender : senders) {
      PARLEY_TRY(const auto member, StateEntryAt(access_.db, access_.partition(), access_.nid(),
                                                 row.pos, "m.room.member", sender));
      if (!member) continue;
      PARLEY_TRY(const auto event, ReadEvent(access_.db, access_.partition(), member->event_pos));
      if (!event) continue;
      const std::string_view content = event::RawMember(event->pdu, "content");
      w.Key(sender).BeginObject();
      for (const std::string_view key : {"displayname", "avatar_url"}) {
        const std::string_view value = event::RawMember(content, key);
        if (!value.empty() && value.front() == '"') w.Key(key).Raw(value);
      }
      w.EndObject();
    }
    w.EndObject();
    return absl::OkStatus();
  }

  RoomAccess& access_;
  const v1::SearchRequest& request_;
  const EventFilter& filter_;
  const std::vector<std::string> words_;
};

void Order(const v1::SearchRequest& request, v1::SearchResponse& response) {
  auto& results = *response.mutable_results();
  std::stable_sort(results.begin(), results.end(),
                   [&](const v1::SearchResult& a, const v1::SearchResult& b) {
                     if (request.order_by_rank() && a.rank() != b.rank()) return a.rank() > b.rank();
                     return a.origin_server_ts() > b.origin_server_ts();
                   });
}

// `from` counts the results that were shown.
absl::Status CutPage(const v1::SearchRequest& request, v1::SearchResponse& response) {
  uint64_t from = 0;
  if (!request.from().empty() && !absl::SimpleAtoi(request.from(), &from)) {
    return InvalidParam("next_batch is not one of ours");
  }
  const uint64_t limit =
      std::min<uint64_t>(request.limit() == 0 ? kDefaultLimit : request.limit(), kMaxLimit);
  auto& results = *response.mutable_results();
  const uint64_t total = static_cast<uint64_t>(results.size());
  response.set_count(total);
  from = std::min(from, total);
  const uint64_t end = std::min(total, from + limit);
  results.DeleteSubrange(static_cast<int>(end), static_cast<int>(total - end));
  results.DeleteSubrange(0, static_cast<int>(from));
  // Clients stop at an empty page.
  if (end > from) response.set_next_from(StrCat(end));
  return absl::OkStatus();
}

absl::Status AddState(const ReadDeps& deps, const v1::SearchRequest& request,
                      v1::SearchResponse& response) {
  for (const v1::SearchResult& result : response.results()) {
    std::string& out = (*response.mutable_state())[result.room_id()];
    if (!out.empty()) continue;
    PARLEY_RETURN_IF_ERROR(
        WithRoom(deps, request.requester(), result.room_id(), [&](RoomAccess& access) -> absl::Status {
          PARLEY_TRY(const auto states, CurrentState(access.db, access.partition(), access.nid()));
          json::Writer w(out);
          return WriteStateEvents(access, states, w);
        }));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::SearchResponse> Search(const ReadDeps& deps, const v1::SearchRequest& request) {
  PARLEY_TRY(const EventFilter filter, EventFilter::Parse(request.filter()));
  v1::SearchResponse response;
  for (const std::string& room_id : request.room_ids()) {
    if (!filter.KeepsRoom(room_id)) continue;
    const auto read = WithRoom(deps, request.requester(), room_id, [&](RoomAccess& access) {
      return RoomSearch(access, request, filter).AppendTo(response);
    });
    if (!read.ok() && !HasErrcode(read, "M_FORBIDDEN")) return read;
  }
  Order(request, response);
  PARLEY_RETURN_IF_ERROR(CutPage(request, response));
  for (std::string& word : Words(request.search_term())) response.add_highlights(std::move(word));
  if (request.include_state()) PARLEY_RETURN_IF_ERROR(AddState(deps, request, response));
  return response;
}

}  // namespace parley::events
