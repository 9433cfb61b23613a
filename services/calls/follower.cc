#include "services/calls/follower.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <absl/time/clock.h>

#include "common/calls/signal.h"
#include "common/json/value.h"

namespace parley::calls {
namespace {

// Names of the streams of `events`: its wakes for calls, and its heads.
constexpr char kSignals[] = "call_signals";
constexpr char kEvents[] = "events";
// As many signals of a partition as one answer holds: there may be more.
constexpr int kFullAnswer = 1000;
constexpr int64_t kNothing = -1;

rpc::Call OwnCall() {
  return {.deadline = absl::Now() + absl::Seconds(10), .request_id = "calls"};
}

std::optional<Signal> Parse(const events::v1::CallSignal& from) {
  const auto content = json::ParseObject(from.content());
  if (!content.ok()) return std::nullopt;
  std::optional<Signal> signal;
  if (const std::string* redacts = json::FindString(*content, "redacts")) {
    signal.emplace().kind = Signal::Kind::kRedaction;
    signal->redacts = *redacts;
  } else {
    signal = ReadSignal(from.type(), *content);
  }
  if (!signal) return std::nullopt;
  signal->event_id = from.event_id();
  signal->sender = from.sender();
  signal->sent_at = from.origin_server_ts();
  signal->seen_at = from.seen_at();
  return signal;
}

}  // namespace

Follower::Follower(bus::Bus& bus, const Clock& clock, events::EventsService& events,
                   CallBoard& board, uint32_t partitions)
    : events_(events),
      board_(board),
      stream_(bus, clock,
              {.wakes = kSignals,
               .service = kEvents,
               .begin = std::vector<int64_t>(partitions, kNothing),
               .poll = [this] { return PollHeads(); },
               .read = [this](const std::vector<bus::Progress>& behind) { return Read(behind); }}) {
}

void Follower::Begin(absl::Span<const Partition> opened) {
  stream_.Restart(opened, kNothing);
}

std::optional<std::vector<bus::Progress>> Follower::Read(const std::vector<bus::Progress>& behind) {
  events::v1::ListCallSignalsRequest request;
  for (const bus::Progress& progress : behind) {
    if (!board_.Has(progress.partition)) continue;
    common::v1::Head& since = *request.add_since();
    since.set_partition(progress.partition);
    since.set_position(std::max<int64_t>(0, progress.position));
  }
  if (request.since().empty()) return std::vector<bus::Progress>();
  const auto response = events_.ListCallSignals(OwnCall(), request);
  if (!response.ok()) return std::nullopt;
  std::map<Partition, int> taken;
  for (const events::v1::CallSignal& signal : response->signals()) {
    Take(signal);
    ++taken[signal.partition()];
  }
  std::vector<bus::Progress> done;
  for (const common::v1::Head& head : response->heads()) {
    done.push_back({head.partition(), head.position(), taken[head.partition()] >= kFullAnswer});
  }
  return done;
}

void Follower::Take(const events::v1::CallSignal& from) {
  if (const std::optional<Signal> signal = Parse(from)) board_.Apply(from.room_id(), *signal);
}

std::vector<bus::Head> Follower::PollHeads() {
  const auto response = events_.Heads(OwnCall(), {});
  return response.ok() ? bus::HeadsOf(kEvents, response->heads()) : std::vector<bus::Head>();
}

}  // namespace parley::calls
