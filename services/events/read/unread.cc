#include "services/events/read/unread.h"

#include <algorithm>
#include <functional>
#include <optional>

#include <absl/algorithm/container.h>

#include "common/base/strings.h"
#include "common/event/event_types.h"
#include "common/push_rules/evaluator.h"
#include "common/status/macros.h"
#include "services/events/read/push_judgement.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

using push_rules::CompiledRules;

// An unread past longer than this counts as this much: nobody reads the number.
constexpr int64_t kMaxEvents = 5000;

}  // namespace

// Counts the events after `counted.upto`.
struct UnreadCounter::Reading {
  store::Reader& db;
  const ReadDoor& door;
  const ReadMarks& marks;
  const CompiledRules& rules;
  bool rules_are_own;
  int64_t now_ms;
  std::optional<PushFacts> facts = std::nullopt;
  // A redaction may have taken back what was counted.
  bool saw_redaction = false;

  absl::Status Add(const EventRow& row, Counted& counted) {
    saw_redaction |= row.type == "m.room.redaction";
    if (!MayNotify(door, row) || row.pos <= marks.In(row.thread_root)) return absl::OkStatus();
    const int64_t until = NewsUntil(row);
    if (until <= now_ms) return absl::OkStatus();
    counted.recount_at_ms = std::min(counted.recount_at_ms, until);
    if (!facts) {
      PARLEY_TRY(facts, PushFacts::Read(db, door, rules_are_own));
      counted.own_name = facts->own_name;
      counted.own_member_pos = facts->own_member_pos;
    }
    if (const auto outcome = Judge(door, row, rules, *facts)) Tally(*outcome, row.thread_root, counted.threads);
    return absl::OkStatus();
  }

  absl::Status Upto(int64_t head, Counted& counted) {
    std::vector<EventRow> rows;
    const RoomRow& room = door.room();
    PARLEY_RETURN_IF_ERROR(ScanForwards(db, room.partition, room.nid, LiveOrder(counted.upto),
                                        kMaxEvents, [&](const EventRow& row) {
                                          rows.push_back(row);
                                          return true;
                                        }));
    for (const EventRow& row : rows) PARLEY_RETURN_IF_ERROR(Add(row, counted));
    counted.upto = head;
    return absl::OkStatus();
  }
};

// A bound on memory; what is dropped is compiled again.
constexpr size_t kMaxRules = 1000;

absl::StatusOr<std::shared_ptr<const CompiledRules>> UnreadCounter::RulesFrom(std::string_view changes) {
  if (changes.empty()) return CompiledRules::Defaults();
  {
    absl::MutexLock lock(&mutex_);
    if (const auto found = rules_.find(Abs(changes)); found != rules_.end()) return found->second;
  }
  PARLEY_TRY(const auto rules, push_rules::RuleSet::Load(changes));
  auto compiled = std::make_shared<const CompiledRules>(rules);
  absl::MutexLock lock(&mutex_);
  if (rules_.size() >= kMaxRules) rules_.clear();
  rules_[Abs(changes)] = compiled;
  return compiled;
}

void UnreadCounter::Tally(const push_rules::Outcome& outcome, const std::string& thread_root, ByThread& threads) {
  if (!outcome.notify) return;
  Counts& counts = threads[thread_root];
  ++counts.notify;
  counts.highlight += outcome.highlight;
}

bool UnreadCounter::CountRecent(const Room& room, const std::string& viewer, int64_t head, int64_t now_ms,
                                std::string_view push_rule_changes, bool by_thread, v1::RoomUpdate& update) {
  const Key key{room.partition, room.nid, viewer};
  Counted counted = Find(key);
  const auto own = room.state.FindMember(viewer);
  const bool known = counted.upto > 0 && counted.upto <= head && room.receipts_until <= counted.upto &&
                     counted.rules == std::hash<std::string_view>()(push_rule_changes) && own &&
                     own->event_pos == counted.own_member_pos && now_ms < counted.recount_at_ms;
  if (!known) return false;
  const auto rules = RulesFrom(push_rule_changes);
  const auto events = room.timeline.Since(counted.upto);
  if (!rules.ok() || !events) return false;
  const auto create = room.state.CachedEvent(event::kCreate, "");
  const auto power_levels = room.state.CachedEvent(event::kPowerLevels, "");
  if (create == nullptr || (power_levels == nullptr && room.state.Find(event::kPowerLevels, ""))) return false;
  const PushFacts facts{create, power_levels, counted.own_name, counted.own_member_pos,
                        static_cast<int64_t>(room.state.Count(event::Membership::kJoin))};
  for (const TimelineEventPtr& event : *events) {
    if (event->pos > head) break;
    const event::Pdu& pdu = *event->pdu;
    if (pdu.type == event::kRedaction || event->flags != 0) return false;
    if (pdu.sender.str() == viewer) continue;
    const int64_t until = NewsUntil(pdu.type, pdu.origin_server_ts, pdu.content);
    if (until <= now_ms) continue;
    counted.recount_at_ms = std::min(counted.recount_at_ms, until);
    push_rules::EventView view{pdu.event_id.str(), room.id, pdu.type, pdu.sender.str(), pdu.state_key, &pdu.content};
    Tally((*rules)->Evaluate(view, facts.ViewFor(pdu.sender.str()), viewer), event->thread_root, counted.threads);
  }
  counted.upto = head;
  Fill(counted.threads, by_thread, update);
  Keep(key, std::move(counted));
  return true;
}

absl::Status UnreadCounter::Count(store::Reader& db, const ReadDoor& door, int64_t head, int64_t now_ms,
                                  std::string_view push_rule_changes, bool by_thread,
                                  v1::RoomUpdate& update) {
  const RoomRow& room = door.room();
  const Key key{room.partition, room.nid, door.viewer().user_id};
  PARLEY_TRY(const auto receipts, ReceiptsOf(db, room.partition, room.nid, door.viewer().user_id));
  PARLEY_TRY(const auto rules, RulesFrom(push_rule_changes));
  const ReadMarks marks(receipts, door.JoinedAt());
  const size_t rules_hash = std::hash<std::string_view>()(push_rule_changes);
  const Counted fresh{marks.everywhere(), marks.latest_change(), rules_hash, {}, {}, 0};

  Counted counted = Find(key);
  const bool usable = counted.upto >= fresh.upto && counted.upto <= head &&
                      counted.receipts_at == fresh.receipts_at && counted.rules == rules_hash &&
                      now_ms < counted.recount_at_ms;
  if (!usable) counted = fresh;
  Reading reading{db, door, marks, *rules, !push_rule_changes.empty(), now_ms};
  PARLEY_RETURN_IF_ERROR(reading.Upto(head, counted));
  if (usable && reading.saw_redaction) {
    counted = fresh;
    PARLEY_RETURN_IF_ERROR(reading.Upto(head, counted));
  }
  Fill(counted.threads, by_thread, update);
  Keep(key, std::move(counted));
  return absl::OkStatus();
}

void UnreadCounter::Fill(const ByThread& threads, bool by_thread, v1::RoomUpdate& update) {
  v1::Unread& all = *update.mutable_unread();
  for (const auto& [root, counts] : threads) {
    v1::Unread& unread =
        by_thread && !root.empty() ? (*update.mutable_thread_unread())[root] : all;
    unread.set_notification_count(unread.notification_count() + counts.notify);
    unread.set_highlight_count(unread.highlight_count() + counts.highlight);
  }
}

UnreadCounter::Counted UnreadCounter::Find(const Key& key) const {
  absl::MutexLock lock(&mutex_);
  const auto found = counted_.find(key);
  return found == counted_.end() ? Counted{} : found->second->second;
}

void UnreadCounter::Keep(const Key& key, Counted counted) {
  absl::MutexLock lock(&mutex_);
  const auto found = counted_.find(key);
  if (found != counted_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    found->second->second = std::move(counted);
    return;
  }
  order_.emplace_front(key, std::move(counted));
  counted_[key] = order_.begin();
  if (order_.size() <= capacity_) return;
  counted_.erase(order_.back().first);
  order_.pop_back();
}

void UnreadCounter::DropPartitions(absl::Span<const Partition> partitions) {
  absl::MutexLock lock(&mutex_);
  order_.remove_if([&](const auto& counted) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (!absl::c_linear_search(partitions, std::get<Partition>(counted.first))) return false;
    counted_.erase(counted.first);
    return true;
  });
}

}  // namespace parley::events
