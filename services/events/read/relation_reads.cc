#include "services/events/read/relation_reads.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/read/room_token.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr size_t kDefaultLimit = 5;
constexpr size_t kMaxLimit = 100;
constexpr int kMaxRecursion = 3;
constexpr int64_t kMaxThreadsScanned = 1000;

size_t LimitOf(uint32_t asked, size_t fallback) {
  return std::min<size_t>(asked == 0 ? fallback : asked, kMaxLimit);
}

bool Wanted(const RelationRow& relation, const v1::GetRelationsRequest& request) {
  return (request.rel_type().empty() || relation.rel_type == request.rel_type()) &&
         (request.event_type().empty() || relation.type == request.event_type());
}

absl::StatusOr<std::vector<int64_t>> ChildPositions(RoomAccess& access,
                                                    const v1::GetRelationsRequest& request) {
  std::vector<int64_t> found;
  std::vector<std::string> parents = {request.event_id()};
  const int levels = request.recurse() ? kMaxRecursion : 1;
  for (int level = 0; level < levels && !parents.empty(); ++level) {
    std::vector<std::string> children;
    for (const std::string& parent : parents) {
      PARLEY_TRY(const auto relations,
                 RelationsTo(access.db, access.partition(), access.nid(), parent));
      for (const RelationRow& relation : relations) {
        if (!access.door.MaySeeAt(relation.pos)) continue;
        if (Wanted(relation, request)) found.push_back(relation.pos);
        if (level + 1 == levels) continue;
        PARLEY_TRY(const auto child, ReadEvent(access.db, access.partition(), relation.pos));
        if (child) children.push_back(child->event_id);
      }
    }
    parents = std::move(children);
  }
  return found;
}

struct Page {
  std::vector<int64_t> positions;
  bool more = false;
};

absl::StatusOr<Page> PageOf(const RoomAccess& access, std::vector<int64_t> positions,
                            const v1::GetRelationsRequest& request) {
  const bool backwards = request.backwards();
  if (!request.from().empty()) {
    PARLEY_TRY(const RoomOrder from, ParseRoomToken(request.from(), access.partition(), LiveOrder(access.upto)));
    std::erase_if(positions, [&](int64_t pos) {
      return backwards ? LiveOrder(pos) > from : LiveOrder(pos) <= from;
    });
  }
  if (!request.to().empty()) {
    PARLEY_TRY(const RoomOrder to, ParseRoomToken(request.to(), access.partition(), LiveOrder(access.upto)));
    std::erase_if(positions, [&](int64_t pos) {
      return backwards ? LiveOrder(pos) <= to : LiveOrder(pos) > to;
    });
  }
  std::sort(positions.begin(), positions.end());
  if (backwards) std::reverse(positions.begin(), positions.end());
  const size_t limit = LimitOf(request.limit(), kDefaultLimit);
  Page page{std::move(positions), false};
  page.more = page.positions.size() > limit;
  if (page.more) page.positions.resize(limit);
  return page;
}

absl::Status WriteRelations(RoomAccess& access, const v1::GetRelationsRequest& request,
                            std::string& out) {
  PARLEY_RETURN_IF_ERROR(CheckMayReadState(access));
  PARLEY_TRY(const auto parent, FindEvent(access.db, access.partition(), request.event_id()));
  if (!parent || parent->room != access.nid() || !access.door.MaySee(*parent)) {
    return NotFound("There is no such event");
  }
  PARLEY_TRY(auto positions, ChildPositions(access, request));
  PARLEY_TRY(const Page page, PageOf(access, std::move(positions), request));
  PARLEY_TRY(const auto rows, ReadEvents(access.db, access.partition(), page.positions));
  json::Writer w(out);
  w.BeginObject().Key("chunk").BeginArray();
  for (const EventRow& row : rows) {
    PARLEY_TRY(const std::string json, access.door.Json(row));
    w.Raw(json);
  }
  w.EndArray();
  if (!request.from().empty()) w.Key("prev_batch").String(request.from());
  if (page.more) {
    const RoomOrder last = LiveOrder(page.positions.back());
    w.Key("next_batch").String(RoomToken(request.backwards() ? last - 1 : last));
  }
  if (request.recurse()) w.Key("recursion_depth").Int(kMaxRecursion);
  w.EndObject();
  return absl::OkStatus();
}

// Whether the reader wrote the root or anything in the thread.
absl::StatusOr<bool> TookPart(RoomAccess& access, const EventRow& root) {
  const std::string& reader = access.door.viewer().user_id;
  if (root.sender == reader) return true;
  PARLEY_TRY(const auto relations,
             RelationsTo(access.db, access.partition(), access.nid(), root.event_id));
  return std::any_of(relations.begin(), relations.end(), [&](const RelationRow& relation) {
    return relation.rel_type == "m.thread" && relation.sender == reader;
  });
}

absl::Status WriteThreads(RoomAccess& access, const v1::GetThreadsRequest& request,
                          std::string& out) {
  int64_t before = 0;
  if (!request.from().empty()) {
    PARLEY_TRY(const RoomOrder from, ParseRoomToken(request.from(), access.partition(), LiveOrder(access.upto)));
    before = PositionAt(from) + 1;
  }
  PARLEY_TRY(const auto threads, Threads(access.db, access.partition(), access.nid(), before,
                                         kMaxThreadsScanned));
  const size_t limit = LimitOf(request.limit(), 20);
  json::Writer w(out);
  w.BeginObject().Key("chunk").BeginArray();
  size_t written = 0;
  int64_t last = 0;
  bool more = false;
  for (const ThreadRow& thread : threads) {
    PARLEY_TRY(const auto root, FindEvent(access.db, access.partition(), thread.root));
    if (!root || root->room != access.nid() || !access.door.MaySee(*root)) continue;
    if (request.include() == "participated") {
      PARLEY_TRY(const bool took_part, TookPart(access, *root));
      if (!took_part) continue;
    }
    more = written == limit;
    if (more) break;
    PARLEY_TRY(const std::string json, access.door.Json(*root));
    w.Raw(json);
    ++written;
    last = thread.latest_pos;
  }
  w.EndArray();
  if (more) w.Key("next_batch").String(RoomToken(LiveOrder(last) - 1));
  w.EndObject();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::JsonResponse> GetRelations(const ReadDeps& deps,
                                              const v1::GetRelationsRequest& request) {
  v1::JsonResponse response;
  PARLEY_RETURN_IF_ERROR(
      WithRoom(deps, request.requester(), request.room_id(), [&](RoomAccess& access) {
        return WriteRelations(access, request, *response.mutable_json());
      }));
  return response;
}

absl::StatusOr<v1::JsonResponse> GetThreads(const ReadDeps& deps,
                                            const v1::GetThreadsRequest& request) {
  v1::JsonResponse response;
  PARLEY_RETURN_IF_ERROR(
      WithRoom(deps, request.requester(), request.room_id(), [&](RoomAccess& access) {
        return WriteThreads(access, request, *response.mutable_json());
      }));
  return response;
}

}  // namespace parley::events
