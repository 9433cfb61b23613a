#include "services/events/read/aggregations.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "common/json/splice.h"
#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

struct Children {
  std::optional<EventRow> latest_edit;
  std::vector<EventRow> references;
  std::optional<EventRow> latest_in_thread;
  int64_t thread_count = 0;
  bool viewer_took_part = false;

  bool empty() const { return !latest_edit && references.empty() && thread_count == 0; }
};

// Of several edits only this many of the latest are looked at for the one with the greatest time.
constexpr size_t kMaxEdits = 32;
constexpr size_t kMaxReferences = 100;

using Relations = std::vector<const RelationRow*>;

// Relations of one kind that the viewer may see, latest first.
Relations Visible(const std::vector<RelationRow>& all, const ReadDoor& door,
                  std::string_view rel_type) {
  Relations visible;
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    if (it->rel_type == rel_type && door.MaySeeAt(it->pos)) visible.push_back(&*it);
  }
  return visible;
}

// "Event replacements": the same sender and type, neither is a state event; the latest by time, then by event id.
absl::StatusOr<std::optional<EventRow>> LatestEdit(store::Reader& db, const ReadDoor& door,
                                                   const EventRow& target, const Relations& edits) {
  std::optional<EventRow> latest;
  size_t looked_at = 0;
  for (const RelationRow* relation : edits) {
    if (relation->sender != target.sender || relation->type != target.type || target.state_key) {
      continue;
    }
    if (++looked_at > kMaxEdits) break;
    PARLEY_TRY(auto edit, ReadEvent(db, door.room().partition, relation->pos));
    if (!edit || edit->state_key) continue;
    const bool later = !latest || std::tie(edit->ts, edit->event_id) >
                                      std::tie(latest->ts, latest->event_id);
    if (later) latest = std::move(edit);
  }
  return latest;
}

absl::StatusOr<std::vector<EventRow>> References(store::Reader& db, const ReadDoor& door,
                                                 Relations relations) {
  std::vector<int64_t> positions;
  if (relations.size() > kMaxReferences) relations.resize(kMaxReferences);
  for (auto it = relations.rbegin(); it != relations.rend(); ++it) positions.push_back((*it)->pos);
  return ReadEvents(db, door.room().partition, positions);
}

absl::StatusOr<Children> Collect(store::Reader& db, const ReadDoor& door, const EventRow& target,
                                 Bundle bundle) {
  Children children;
  const Partition p = door.room().partition;
  PARLEY_TRY(const auto all, RelationsTo(db, p, door.room().nid, target.event_id));
  if (all.empty()) return children;
  PARLEY_TRY(children.latest_edit,
             LatestEdit(db, door, target, Visible(all, door, "m.replace")));
  if (bundle == Bundle::kEditOnly) return children;
  PARLEY_TRY(children.references, References(db, door, Visible(all, door, "m.reference")));
  const Relations thread = Visible(all, door, "m.thread");
  if (thread.empty()) return children;
  PARLEY_TRY(children.latest_in_thread, ReadEvent(db, p, thread.front()->pos));
  if (!children.latest_in_thread) return children;
  children.thread_count = static_cast<int64_t>(thread.size());
  const std::string& viewer = door.viewer().user_id;
  children.viewer_took_part =
      target.sender == viewer || std::any_of(thread.begin(), thread.end(), [&](const auto* child) {
        return child->sender == viewer;
      });
  return children;
}

absl::Status Write(json::Writer& w, ReadDoor& door, const Children& children) {
  if (children.latest_edit) {
    PARLEY_TRY(const std::string edit,
               door.Json(*children.latest_edit, event::ClientShape::kWithRoomId, Bundle::kNone));
    w.Key("m.replace").Raw(edit);
  }
  if (!children.references.empty()) {
    w.Key("m.reference").BeginObject().Key("chunk").BeginArray();
    for (const EventRow& reference : children.references) {
      w.BeginObject().Key("event_id").String(reference.event_id).EndObject();
    }
    w.EndArray().EndObject();
  }
  if (children.thread_count > 0) {
    PARLEY_TRY(const std::string latest,
               door.Json(*children.latest_in_thread, event::ClientShape::kWithRoomId,
                         Bundle::kEditOnly));
    w.Key("m.thread").BeginObject().Key("latest_event").Raw(latest);
    w.Key("count").Int(children.thread_count);
    w.Key("current_user_participated").Bool(children.viewer_took_part).EndObject();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> AggregationsJson(store::Reader& db, ReadDoor& door,
                                             const EventRow& row, Bundle bundle) {
  std::string out;
  if ((row.flags & kRedacted) != 0 || bundle == Bundle::kNone) return out;
  PARLEY_TRY(const Children children, Collect(db, door, row, bundle));
  if (children.empty()) return out;
  json::Writer w(out);
  w.BeginObject();
  PARLEY_RETURN_IF_ERROR(Write(w, door, children));
  w.EndObject();
  return out;
}

}  // namespace parley::events
