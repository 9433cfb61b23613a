#include "services/calls/delayed_events.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <absl/algorithm/container.h>
#include <absl/strings/numbers.h>
#include <absl/time/clock.h>

#include "common/base/partition.h"
#include "common/base/strings.h"
#include "common/base/token.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/status/wrong_owner.h"

namespace parley::calls {
namespace {

constexpr std::string_view kIdKind = "delay";
constexpr size_t kIdBytes = 18;
constexpr absl::Duration kTick = absl::Milliseconds(50);
constexpr absl::Duration kRetry = absl::Seconds(1);
constexpr absl::Duration kSendTimeout = absl::Seconds(30);

absl::Status AlreadyOver() {
  return Matrix(409, "M_UNKNOWN", "The delayed event has had another outcome already");
}
absl::Status NoSuchEvent() {
  return NotFound("There is no such delayed event");
}

absl::Status DelayExceeded(absl::Duration max) {
  const int64_t ms = absl::ToInt64Milliseconds(max);
  return ToStatus({400, "M_MAX_DELAY_EXCEEDED", "The requested delay exceeds the allowed maximum",
                   StrCat("\"max_delay\":", ms, ",\"org.matrix.msc4140.max_delay\":", ms)});
}

DelayedRow RowOf(const ScheduleDelayedRequest& request) {
  DelayedRow row;
  row.user_id = request.requester().user_id();
  row.device_id = request.requester().device_id();
  row.room_id = request.room_id();
  row.type = request.type();
  if (request.has_state_key()) row.state_key = request.state_key();
  row.txn_id = request.txn_id();
  row.content = request.content();
  row.delay_ms = request.delay_ms();
  return row;
}

bool AreTwins(const DelayedRow& a, const DelayedRow& b) {
  return a.txn_id == b.txn_id && a.device_id == b.device_id && a.room_id == b.room_id &&
         a.type == b.type;
}

std::string TransactionKey(const DelayedRow& row) {
  std::string key;
  for (const std::string* part :
       {&row.user_id, &row.device_id, &row.room_id, &row.type, &row.txn_id}) {
    key += json::Quoted(*part);
  }
  return key;
}

// What will not go better the next time.
bool IsFinal(const absl::Status& status) {
  const int http_status = FromStatus(status).http_status;
  return http_status >= 400 && http_status < 500 && http_status != 429;
}

std::string ErrorJson(const absl::Status& status) {
  const MatrixError error = FromStatus(status);
  return json::Serialize(json::Object{{"errcode", error.errcode}, {"error", error.message}});
}

std::string ToJson(const DelayedRow& row) {
  json::Object object{{"delay_id", row.delay_id},
                      {"room_id", row.room_id},
                      {"type", row.type},
                      {"delay", row.delay_ms},
                      {"running_since", row.running_since}};
  if (row.state_key) object.Set("state_key", *row.state_key);
  if (auto content = json::ParseObject(row.content); content.ok())
    object.Set("content", *std::move(content));
  if (auto error = json::ParseObject(row.error); error.ok()) object.Set("error", *std::move(error));
  if (!row.event_id.empty()) object.Set("event_id", row.event_id);
  if (row.finalised()) object.Set("origin_server_ts", row.finalised_at);
  return json::Serialize(object);
}

absl::Time DueAt(const DelayedRow& row) {
  return absl::FromUnixMillis(row.due_at());
}

// The order of lists: by the time of sending. A restart moves an event to a later page.
using Place = std::pair<int64_t, std::string>;

Place PlaceOf(const DelayedRow& row) {
  return {row.due_at(), row.delay_id};
}

absl::StatusOr<std::optional<Place>> PlaceFrom(std::string_view token) {
  if (token.empty()) return std::nullopt;
  const size_t end = token.find('_');
  int64_t due_at = 0;
  if (end == token.npos || !absl::SimpleAtoi(Abs(token.substr(0, end)), &due_at))
    return InvalidParam("from is not the end of a page");
  return Place{due_at, std::string(token.substr(end + 1))};
}

}  // namespace

DelayedEvents::DelayedEvents(const Config& config, Deps deps)
    : config_(config),
      deps_(deps),
      limits_(config.delayed_per_second, config.delayed_burst),
      wheel_(deps.clock.Now()),
      pool_({.name = "delayed", .threads = config.delayed_threads, .max_queued = 65536}) {}

DelayedEvents::~DelayedEvents() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
  pool_.Drain();
}

absl::Status DelayedEvents::Open(absl::Span<const Partition> opened) {
  std::vector<DelayedRow> rows;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& db) -> absl::Status {
    for (const Partition p : opened) {
      PARLEY_RETURN_IF_ERROR(
          ScanScheduled(db, p, [&](DelayedRow row) { rows.push_back(std::move(row)); }));
    }
    return absl::OkStatus();
  }));
  absl::MutexLock lock(&mutex_);
  for (DelayedRow& row : rows) {
    wheel_.Set(row.delay_id, DueAt(row));
    ++per_user_[row.user_id];
    entries_.insert_or_assign(row.delay_id, std::move(row));
  }
  return absl::OkStatus();
}

void DelayedEvents::Close(absl::Span<const Partition> closed) {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> dropped;
  for (const auto& [delay_id, entry] : entries_) {
    if (absl::c_linear_search(closed, entry.partition)) dropped.push_back(delay_id);
  }
  for (const std::string& delay_id : dropped) DropLocked(delay_id);
}

void DelayedEvents::Start() {
  thread_ = std::thread([this] { Run(); });
}

absl::Status DelayedEvents::Commit(Partition p, store::Batch batch) {
  return deps_.streams.For(p).CommitQuietly(std::move(batch));
}

absl::Status DelayedEvents::Write(const Entry& entry) {
  store::Batch batch;
  SetStatus(batch, entry);
  return Commit(entry.partition, std::move(batch));
}

absl::StatusOr<std::string> DelayedEvents::Schedule(const ScheduleDelayedRequest& request) {
  if (request.delay_ms() <= 0)
    return InvalidParam("delay must be a positive number of milliseconds");
  if (absl::Milliseconds(request.delay_ms()) > config_.max_delay)
    return DelayExceeded(config_.max_delay);
  Entry entry = RowOf(request);
  entry.partition = PartitionOf(entry.room_id, config_.partitions);
  if (entry.txn_id.empty()) return ScheduleNew(std::move(entry));
  const std::string key = TransactionKey(entry);
  {
    absl::MutexLock lock(&mutex_);
    if (!arriving_.insert(key).second)
      return absl::UnavailableError("the same request is still under way");
  }
  absl::StatusOr<std::optional<std::string>> twin = FindTwin(entry);
  const auto schedule = [&]() -> absl::StatusOr<std::string> {
    if (!twin.ok()) return twin.status();
    return *twin ? **twin : ScheduleNew(std::move(entry));
  };
  absl::StatusOr<std::string> delay_id = schedule();
  absl::MutexLock lock(&mutex_);
  arriving_.erase(key);
  return delay_id;
}

absl::StatusOr<std::string> DelayedEvents::ScheduleNew(Entry entry) {
  entry.delay_id = MakeToken(kIdKind, entry.partition, kIdBytes, deps_.rng);
  entry.running_since = deps_.clock.NowMs();
  PARLEY_RETURN_IF_ERROR(Keep(entry));
  store::Batch batch;
  AddDelayed(batch, entry);
  const absl::Status committed = Commit(entry.partition, std::move(batch));
  if (!committed.ok()) Drop(entry.delay_id);
  PARLEY_RETURN_IF_ERROR(committed);
  Release(entry);
  return entry.delay_id;
}

absl::StatusOr<std::optional<std::string>> DelayedEvents::FindTwin(const Entry& entry) const {
  std::optional<std::string> twin;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& db) {
    return ScanDelayedOf(db, entry.partition, entry.user_id, [&](DelayedRow row) {
      if (AreTwins(row, entry)) twin = row.delay_id;
    });
  }));
  return twin;
}

absl::Status DelayedEvents::Keep(const Entry& entry) {
  absl::MutexLock lock(&mutex_);
  size_t& count = per_user_[entry.user_id];
  if (count >= config_.max_delayed_per_user)
    return LimitExceeded(absl::ToInt64Milliseconds(kRetry));
  ++count;
  // Until it is in the store it can't be claimed.
  entries_.emplace(entry.delay_id, entry).first->second.status = DelayedStatus::kFiring;
  entries_[entry.delay_id].content.clear();
  return absl::OkStatus();
}

void DelayedEvents::Drop(const std::string& delay_id) {
  absl::MutexLock lock(&mutex_);
  DropLocked(delay_id);
}

void DelayedEvents::DropLocked(const std::string& delay_id) {
  const auto found = entries_.find(delay_id);
  if (found == entries_.end()) return;
  const auto count = per_user_.find(found->second.user_id);
  if (count != per_user_.end() && --count->second == 0) per_user_.erase(count);
  wheel_.Cancel(delay_id);
  entries_.erase(found);
}

std::optional<DelayedEvents::Entry> DelayedEvents::Claim(const std::string& delay_id,
                                                         DelayedStatus step) {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(delay_id);
  if (found == entries_.end() || found->second.status != DelayedStatus::kScheduled)
    return std::nullopt;
  found->second.status = step;
  wheel_.Cancel(delay_id);
  return found->second;
}

void DelayedEvents::Release(Entry entry, absl::Time not_before) {
  absl::MutexLock lock(&mutex_);
  if (!deps_.streams.Owns(entry.partition)) return DropLocked(entry.delay_id);
  entry.content.clear();
  wheel_.Set(entry.delay_id, std::max(DueAt(entry), not_before));
  entries_.insert_or_assign(entry.delay_id, std::move(entry));
}

absl::Status DelayedEvents::Judge(const std::string& delay_id, DelayedStatus wanted) const {
  const std::optional<Partition> partition = TokenPartition(kIdKind, delay_id, config_.partitions);
  if (!partition) return NoSuchEvent();
  if (!deps_.streams.Owns(*partition)) return WrongOwner(delay_id);
  std::optional<DelayedRow> row;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(row, FindDelayed(db, *partition, delay_id));
    return absl::OkStatus();
  }));
  if (!row) return NoSuchEvent();
  const bool cancelled =
      row->status == DelayedStatus::kCancelled || row->status == DelayedStatus::kFailed;
  const bool sent = row->status == DelayedStatus::kSent || row->status == DelayedStatus::kFiring;
  const bool as_wanted =
      wanted == DelayedStatus::kCancelled ? cancelled : wanted == DelayedStatus::kSent && sent;
  return as_wanted ? absl::OkStatus() : AlreadyOver();
}

absl::Status DelayedEvents::Restart(const std::string& delay_id) {
  const int64_t now = deps_.clock.NowMs();
  Partition partition = 0;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = entries_.find(delay_id);
    if (found != entries_.end() && found->second.status == DelayedStatus::kScheduled) {
      found->second.running_since = now;
      wheel_.Set(delay_id, DueAt(found->second));
      partition = found->second.partition;
    } else {
      partition = config_.partitions;
    }
  }
  if (partition == config_.partitions) return Judge(delay_id, DelayedStatus::kScheduled);
  store::Batch batch;
  SetRunningSince(batch, partition, delay_id, now);
  PARLEY_RETURN_IF_ERROR(Commit(partition, std::move(batch)));
  deps_.metrics.restarts.Add();
  return absl::OkStatus();
}

absl::Status DelayedEvents::Cancel(const std::string& delay_id) {
  std::optional<Entry> entry = Claim(delay_id, DelayedStatus::kCancelled);
  if (!entry) return Judge(delay_id, DelayedStatus::kCancelled);
  entry->finalised_at = deps_.clock.NowMs();
  const absl::Status written = Write(*entry);
  if (written.ok()) {
    Drop(delay_id);
  } else {
    entry->status = DelayedStatus::kScheduled;
    entry->finalised_at = 0;
    Release(*std::move(entry));
  }
  return written;
}

absl::Status DelayedEvents::SendNow(const rpc::Call& call, const std::string& delay_id) {
  std::optional<Entry> entry = Claim(delay_id, DelayedStatus::kFiring);
  if (!entry) return Judge(delay_id, DelayedStatus::kSent);
  const absl::Status begun = Write(*entry);
  const absl::StatusOr<std::string> event_id = begun.ok() ? Send(call, *entry) : begun;
  if (event_id.ok()) return Finish(*std::move(entry), event_id);
  // Its own time will come; what made it fail may be over by then.
  entry->status = DelayedStatus::kScheduled;
  PARLEY_RETURN_IF_ERROR(Write(*entry));
  Release(*std::move(entry));
  return event_id.status();
}

absl::StatusOr<std::string> DelayedEvents::Send(const rpc::Call& call, const Entry& entry) {
  std::optional<DelayedRow> row;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(row, FindDelayed(db, entry.partition, entry.delay_id));
    return absl::OkStatus();
  }));
  if (!row) return NoSuchEvent();
  events::v1::SendRequest request;
  request.mutable_requester()->set_user_id(row->user_id);
  // Of no device: none has it as a transaction of its own, all see the delay id.
  request.set_room_id(row->room_id);
  request.set_type(row->type);
  if (row->state_key) request.set_state_key(*row->state_key);
  request.set_content(row->content);
  request.set_txn_id(row->delay_id);
  PARLEY_TRY(const events::v1::SendResponse response, deps_.events.Send(call, request));
  return response.event_id();
}

absl::Status DelayedEvents::Finish(Entry entry, const absl::StatusOr<std::string>& event_id) {
  entry.finalised_at = deps_.clock.NowMs();
  entry.status = event_id.ok() ? DelayedStatus::kSent : DelayedStatus::kFailed;
  if (event_id.ok()) entry.event_id = *event_id;
  if (!event_id.ok()) entry.error = ErrorJson(event_id.status());
  (event_id.ok() ? deps_.metrics.fired : deps_.metrics.failed).Add();
  const absl::Status written = Write(entry);
  if (written.ok()) Drop(entry.delay_id);
  return written;
}

void DelayedEvents::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      const auto has_work = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
        return stopping_ || wheel_.size() > 0;
      };
      mutex_.Await(absl::Condition(&has_work));
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kTick)) return;
    }
    FireDue();
  }
}

void DelayedEvents::FireDue() {
  std::map<Partition, std::vector<Entry>> due;
  std::vector<Entry> again;
  const absl::Time now = deps_.clock.Now();
  {
    absl::MutexLock lock(&mutex_);
    for (const std::string& delay_id : wheel_.TakeDue(now)) {
      const auto found = entries_.find(delay_id);
      if (found == entries_.end()) continue;
      if (found->second.status == DelayedStatus::kFiring) {
        again.push_back(found->second);
      } else if (found->second.status == DelayedStatus::kScheduled) {
        const absl::Duration wait = limits_.Take(found->second.user_id, now);
        if (wait > absl::ZeroDuration()) {
          wheel_.Set(delay_id, now + wait);
          continue;
        }
        found->second.status = DelayedStatus::kFiring;
        due[found->second.partition].push_back(found->second);
      }
    }
  }
  for (auto& [partition, entries] : due) Fire(partition, std::move(entries));
  for (Entry& entry : again) PostSend(std::move(entry));
}

void DelayedEvents::Fire(Partition p, std::vector<Entry> entries) {
  store::Batch batch;
  for (const Entry& entry : entries) SetStatus(batch, entry);
  const auto shared = std::make_shared<std::vector<Entry>>(std::move(entries));
  const auto put_back = [this, shared] {
    for (Entry& entry : *shared) {
      entry.status = DelayedStatus::kScheduled;
      Release(std::move(entry), deps_.clock.Now() + kRetry);
    }
  };
  const absl::Status queued = deps_.streams.For(p).Append(
      [&](int64_t) -> absl::StatusOr<stream::Appended> {
        return stream::Appended{.batch = std::move(batch), .count = 0, .keys = {}};
      },
      [this, shared, put_back](const absl::StatusOr<int64_t>& result) {
        if (!result.ok()) return put_back();
        for (Entry& entry : *shared) PostSend(std::move(entry));
      });
  if (!queued.ok()) put_back();
}

void DelayedEvents::PostSend(Entry entry) {
  if (!pool_.TryPost([this, entry] { SendDue(entry); }))
    Release(std::move(entry), deps_.clock.Now() + kRetry);
}

void DelayedEvents::SendDue(const Entry& entry) {
  const rpc::Call call{.deadline = absl::Now() + kSendTimeout,
                       .request_id = entry.delay_id.substr(0, 16)};
  const absl::StatusOr<std::string> event_id = Send(call, entry);
  if (event_id.ok()) deps_.metrics.lateness.Observe(deps_.clock.Now() - DueAt(entry));
  const bool over = event_id.ok() || IsFinal(event_id.status());
  if (!over || !Finish(entry, event_id).ok()) Release(entry, deps_.clock.Now() + kRetry);
}

absl::StatusOr<ListDelayedResponse> DelayedEvents::List(const ListDelayedRequest& request) {
  PARLEY_TRY(const std::optional<Place> from, PlaceFrom(request.from()));
  const std::set<std::string> wanted_ids(request.delay_ids().begin(), request.delay_ids().end());
  const auto is_wanted = [&](const DelayedRow& row) {
    const bool of_status = row.finalised() ? request.finalised() : request.scheduled();
    const bool of_ids = wanted_ids.empty() || wanted_ids.contains(row.delay_id);
    return of_status && of_ids && (!from || PlaceOf(row) > *from);
  };
  std::map<Place, DelayedRow> rows;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& db) -> absl::Status {
    for (Partition p = 0; p < config_.partitions; ++p) {
      PARLEY_RETURN_IF_ERROR(
          ScanDelayedOf(db, p, request.requester().user_id(), [&](DelayedRow row) {
            if (is_wanted(row)) rows.emplace(PlaceOf(row), std::move(row));
          }));
    }
    return absl::OkStatus();
  }));
  ListDelayedResponse response;
  const size_t limit = request.limit() == 0 ? rows.size() : request.limit();
  std::string last;
  for (const auto& [place, row] : rows) {
    if (static_cast<size_t>(response.delayed_events_size()) == limit) {
      response.set_next_batch(last);
      break;
    }
    response.add_delayed_events(ToJson(row));
    last = StrCat(place.first, "_", place.second);
  }
  return response;
}

void DelayedEvents::Prune() {
  const int64_t before = absl::ToUnixMillis(deps_.clock.Now() - config_.finalised_retention);
  for (const Partition p : deps_.streams.Owned()) {
    std::vector<std::string> ids;
    const absl::Status read = deps_.store.Read([&](store::Reader& db) -> absl::Status {
      PARLEY_TRY(ids, FinalisedBefore(db, p, before));
      return absl::OkStatus();
    });
    if (!read.ok() || ids.empty()) continue;
    store::Batch batch;
    for (const std::string& id : ids) DeleteDelayed(batch, p, id);
    // What fails now is pruned the next time.
    Commit(p, std::move(batch)).IgnoreError();
  }
}

size_t DelayedEvents::scheduled() const {
  absl::MutexLock lock(&mutex_);
  return entries_.size();
}

}  // namespace parley::calls
