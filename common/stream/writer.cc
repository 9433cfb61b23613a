#include "common/stream/writer.h"

#include <algorithm>
#include <utility>

#include <absl/synchronization/notification.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/wrong_owner.h"

namespace parley::stream {

struct StreamWriter::InFlight {
  int64_t first = 0;
  int64_t count = 0;
  std::vector<std::string> keys;
  absl::AnyInvocable<void()> before_visible = nullptr;
  Done done = nullptr;

  int64_t head() const { return first + count - 1; }
  int64_t answer() const { return count == 0 ? head() : first; }
};

StreamWriter::StreamWriter(store::Store& store, bus::Bus& bus, std::string_view service,
                           Partition partition, store::StreamState state)
    : store_(store),
      bus_(bus),
      service_(service),
      partition_(partition),
      epoch_(state.epoch),
      committed_head_(state.head),
      head_(state.head) {}

StreamWriter::StreamWriter(store::Store& store, bus::Bus& bus, std::string_view service,
                           Partition partition)
    : StreamWriter(store, bus, service, partition, {}) {
  absl::MutexLock lock(&mutex_);
  state_ = State::kLost;
}

void StreamWriter::Open(store::StreamState state) {
  absl::MutexLock lock(&mutex_);
  epoch_.store(state.epoch, std::memory_order_release);
  committed_head_.store(state.head, std::memory_order_release);
  generation_.fetch_add(1, std::memory_order_acq_rel);
  head_ = state.head;
  state_ = State::kOpen;
}

void StreamWriter::Close() {
  const auto idle = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return in_flight_ == 0; };
  absl::MutexLock lock(&mutex_);
  state_ = State::kLost;
  mutex_.Await(absl::Condition(&idle));
  generation_.fetch_add(1, std::memory_order_acq_rel);
}

StreamWriter::~StreamWriter() {
  const auto idle = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return in_flight_ == 0; };
  absl::MutexLock lock(&mutex_, absl::Condition(&idle));
}

bool StreamWriter::lost() const {
  absl::MutexLock lock(&mutex_);
  return state_ == State::kLost;
}

void StreamWriter::OnReset(std::function<void()> on_reset) {
  on_reset_ = std::move(on_reset);
}

absl::Status StreamWriter::Append(Build build, Done done) {
  absl::MutexLock lock(&mutex_);
  if (state_ != State::kOpen) return Refusal();
  PARLEY_TRY(Appended appended, build(head_ + 1));
  return Queue({head_ + 1, appended.count, std::move(appended.keys),
                std::move(appended.before_visible), std::move(done)},
               std::move(appended.batch));
}

absl::StatusOr<int64_t> StreamWriter::AppendAndWait(Build build) {
  absl::Notification committed;
  absl::StatusOr<int64_t> outcome = 0;
  PARLEY_RETURN_IF_ERROR(Append(build, [&](absl::StatusOr<int64_t> result) {
    outcome = std::move(result);
    committed.Notify();
  }));
  committed.WaitForNotification();
  return outcome;
}

absl::Status StreamWriter::CommitQuietly(absl::FunctionRef<void(store::Batch&)> fill) {
  return AppendAndWait([&](int64_t) -> absl::StatusOr<Appended> {
           Appended appended{.batch = {}, .count = 0, .keys = {}};
           fill(appended.batch);
           return appended;
         })
      .status();
}

absl::Status StreamWriter::CommitQuietly(store::Batch batch) {
  return CommitQuietly([&](store::Batch& filled) { filled = std::move(batch); });
}

absl::Status StreamWriter::Queue(InFlight flight, store::Batch batch) {
  const int64_t new_head = flight.head();
  const store::Fence fence{service_, partition_, epoch(), head_, new_head, generation()};
  PARLEY_RETURN_IF_ERROR(store_.Enqueue(
      std::move(batch), fence, [this, flight = std::move(flight)](absl::Status status) mutable {
        Completed(std::move(flight), std::move(status));
      }));
  head_ = new_head;
  ++in_flight_;
  return absl::OkStatus();
}

// When a reset could not read the store, the next Append has the committer's thread try again, by a
// batch of nothing.
absl::Status StreamWriter::Refusal() {
  if (state_ == State::kLost) return WrongOwner(StrCat(service_, "/", partition_));
  if (in_flight_ == 0) {
    const absl::Status queued = store_.Enqueue(
        {}, std::nullopt, [this](absl::Status status) { Completed({}, std::move(status)); });
    if (queued.ok()) ++in_flight_;
  }
  return absl::UnavailableError(
      StrCat("an earlier write of ", service_, "/", partition_, " failed, try again"));
}

void StreamWriter::Completed(InFlight flight, absl::Status status) {
  if (status.ok() && flight.before_visible) std::move(flight.before_visible)();
  if (status.ok() && flight.count > 0) {
    committed_head_.store(flight.head(), std::memory_order_release);
    Wake(flight);
  }
  absl::StatusOr<int64_t> outcome = flight.answer();
  if (!status.ok()) outcome = AfterFailure(std::move(status));
  if (flight.done) std::move(flight.done)(std::move(outcome));
  {
    absl::MutexLock lock(&mutex_);
    if (!NeedsReset()) {
      --in_flight_;
      return;
    }
  }
  Reset();
  absl::MutexLock lock(&mutex_);
  --in_flight_;
}

// The caller's own is the last in flight.
bool StreamWriter::NeedsReset() {
  return state_ == State::kBroken && in_flight_ == 1;
}

void StreamWriter::Wake(const InFlight& flight) {
  const int64_t wakes = std::max<int64_t>(flight.count, flight.keys.size());
  for (int64_t i = 0; i < wakes; ++i) {
    const auto key =
        flight.keys.empty()
            ? ""
            : std::string_view(flight.keys[std::min<size_t>(i, flight.keys.size() - 1)]);
    bus_.Publish({service_, partition_, flight.first + std::min(i, flight.count - 1), key});
  }
}

absl::Status StreamWriter::AfterFailure(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  if (state_ == State::kOpen) state_ = State::kBroken;
  if (!absl::IsAborted(status)) return status;
  return absl::UnavailableError(
      StrCat("an earlier write of ", service_, "/", partition_, " failed, try again"));
}

void StreamWriter::Reset() {
  store::StreamState stored;
  const absl::Status read = store_.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(stored, store::ReadStream(reader, service_, partition_));
    return absl::OkStatus();
  });
  if (!read.ok()) return;
  {
    absl::MutexLock lock(&mutex_);
    head_ = stored.head;
    if (stored.epoch != epoch()) state_ = State::kLost;
  }
  committed_head_.store(stored.head, std::memory_order_release);
  generation_.fetch_add(1, std::memory_order_acq_rel);
  if (on_reset_) on_reset_();
  absl::MutexLock lock(&mutex_);
  if (state_ == State::kBroken) state_ = State::kOpen;
}

Streams::Streams(store::Store& store, bus::Bus& bus, std::string_view service, uint32_t partitions)
    : store_(store), bus_(bus), service_(service) {
  for (Partition p = 0; p < partitions; ++p) {
    writers_.push_back(std::make_unique<StreamWriter>(store, bus, service, p));
  }
}

absl::StatusOr<std::unique_ptr<Streams>> Streams::Open(store::Store& store, bus::Bus& bus,
                                                       std::string_view service,
                                                       uint32_t partitions) {
  auto streams = std::make_unique<Streams>(store, bus, service, partitions);
  PARLEY_RETURN_IF_ERROR(streams->OpenPartitions(AllPartitions(partitions)));
  return streams;
}

absl::Status Streams::OpenPartitions(absl::Span<const Partition> opened) {
  PARLEY_TRY(const auto states, store_.TakeOver(service_, opened));
  for (size_t i = 0; i < opened.size(); ++i) writers_[opened[i]]->Open(states[i]);
  return absl::OkStatus();
}

void Streams::WakeFollowers(absl::Span<const Partition> opened) {
  for (const Partition p : opened) bus_.Publish({service_, p, writers_[p]->committed_head(), ""});
}

void Streams::ClosePartitions(absl::Span<const Partition> closed) {
  for (const Partition p : closed) writers_[p]->Close();
}

std::vector<Partition> Streams::Owned() const {
  std::vector<Partition> owned;
  for (Partition p = 0; p < partitions(); ++p) {
    if (Owns(p)) owned.push_back(p);
  }
  return owned;
}

std::vector<bus::Head> Streams::CommittedHeads() const {
  std::vector<bus::Head> heads;
  for (const Partition p : Owned()) {
    heads.push_back({{std::string(service_), p}, writers_[p]->committed_head()});
  }
  return heads;
}

}  // namespace parley::stream
