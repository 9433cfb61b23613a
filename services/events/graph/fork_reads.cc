#include "services/events/graph/fork_reads.h"

#include <map>
#include <utility>

#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

absl::StatusOr<ForkRow> ForkOf(store::Reader& db, Partition p, int64_t pos) {
  PARLEY_TRY(const auto fork, FindFork(db, p, pos));
  if (!fork) return absl::DataLossError("an event's fork is not in the store");
  return *fork;
}

absl::StatusOr<EventRow> EventAt(store::Reader& db, Partition p, int64_t pos) {
  PARLEY_TRY(auto event, ReadEvent(db, p, pos));
  if (!event) return absl::DataLossError("an event of a fork is not in the store");
  return *std::move(event);
}

bool SetsState(const EventRow& event) {
  return event.state_key && (event.flags & kRejected) == 0;
}

absl::StatusOr<int64_t> OnLine(store::Reader& db, Partition p, RoomNid room, int64_t pos,
                               std::string_view type, std::string_view state_key) {
  PARLEY_TRY(const auto entry, StateEntryAt(db, p, room, pos, type, state_key));
  return entry ? entry->event_pos : 0;
}

}  // namespace

absl::StatusOr<int64_t> EntryBefore(store::Reader& db, Partition p, const EventRow& event,
                                    std::string_view type, std::string_view state_key) {
  if ((event.flags & kOffLine) == 0) {
    return OnLine(db, p, event.room, LinePosition(event) - 1, type, state_key);
  }
  for (int64_t pos = event.pos;;) {
    PARLEY_TRY(const auto entry, ForkStateEntry(db, p, pos, type, state_key));
    if (entry) return entry->event_pos;
    PARLEY_TRY(const ForkRow fork, ForkOf(db, p, pos));
    if (fork.parent == 0) return OnLine(db, p, event.room, fork.line, type, state_key);
    PARLEY_TRY(const EventRow parent, EventAt(db, p, fork.parent));
    if (SetsState(parent) && parent.type == type && parent.state_key == state_key)
      return parent.pos;
    pos = parent.pos;
  }
}

absl::StatusOr<std::vector<int64_t>> PositionsBefore(store::Reader& db, Partition p,
                                                     const EventRow& event) {
  std::map<std::pair<std::string, std::string>, int64_t> state;
  std::vector<ForkRow> forks;
  int64_t line = LinePosition(event) - 1;
  if ((event.flags & kOffLine) != 0) {
    for (int64_t pos = event.pos; pos != 0; pos = forks.back().parent) {
      PARLEY_TRY(ForkRow fork, ForkOf(db, p, pos));
      forks.push_back(fork);
    }
    line = forks.back().line;
  }
  PARLEY_TRY(const auto rows, StateAt(db, p, event.room, line));
  for (const StateRow& row : rows) state[{row.type, row.state_key}] = row.event_pos;
  for (auto fork = forks.rbegin(); fork != forks.rend(); ++fork) {
    PARLEY_TRY(const auto differences, ForkStates(db, p, fork->pos));
    for (const ForkStateRow& row : differences) state[{row.type, row.state_key}] = row.event_pos;
    if (fork->pos == event.pos) break;
    PARLEY_TRY(const EventRow parent, EventAt(db, p, fork->pos));
    if (SetsState(parent)) state[{parent.type, *parent.state_key}] = parent.pos;
  }
  std::vector<int64_t> positions;
  for (const auto& [key, pos] : state) {
    if (pos != 0) positions.push_back(pos);
  }
  return positions;
}

}  // namespace parley::events
