#include "services/federation/sender.h"

#include <algorithm>
#include <map>
#include <set>

#include <absl/strings/str_cat.h>
#include <absl/time/clock.h>

#include "common/base/partition.h"
#include "common/base/strings.h"
#include "common/json/splice.h"
#include "common/json/value.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"

namespace parley::federation {
namespace {

constexpr int kSenders = 24;
constexpr int kProbers = 8;
constexpr absl::Duration kTick = absl::Milliseconds(250);
constexpr absl::Duration kReadTime = absl::Seconds(10);
// Of the EDUs of one transaction.
constexpr size_t kMaxEduBytes = 4 << 20;
// That wait for one server that fails; of more, the oldest are forgotten.
constexpr size_t kMaxWaitingEdus = 10'000;

rpc::Call OwnCall(absl::Duration time) {
  return {.deadline = absl::Now() + time, .request_id = "sender"};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Sender>> Sender::Open(const Config& config, Deps deps) {
  std::unique_ptr<OutboundBoard> board;
  int64_t last_edu = 0;
  bool federates = false;
  PARLEY_RETURN_IF_ERROR(deps.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(std::vector<int64_t> marks, ReadMarks(db, config.partitions));
    federates = std::any_of(marks.begin(), marks.end(), [](int64_t mark) { return mark > 0; });
    board = std::make_unique<OutboundBoard>(std::move(marks), BackoffLimits());
    const absl::Time now = deps.clock.Now();
    PARLEY_RETURN_IF_ERROR(
        ScanDestinations(db, [&](DestinationRow row) { board->Restore(std::move(row), now); }));
    PARLEY_TRY(last_edu, LastEdu(db));
    return absl::OkStatus();
  }));
  std::unique_ptr<Sender> sender(new Sender(config, std::move(deps), std::move(board)));
  sender->edu_seq_ = last_edu;
  sender->federates_ = federates;
  return sender;
}

Sender::Sender(const Config& config, Deps deps, std::unique_ptr<OutboundBoard> board)
    : config_(config),
      deps_(std::move(deps)),
      transactions_(config.server_name, deps_.clock, deps_.metrics, deps_.transport),
      board_(std::move(board)) {}

void Sender::Start() {
  std::vector<int64_t> marks;
  {
    absl::MutexLock lock(&mutex_);
    for (Partition p = 0; p < config_.partitions; ++p) marks.push_back(board_->marks().read(p));
  }
  for (int i = 0; i < kSenders; ++i) threads_.emplace_back([this] { Run(/*probes=*/false); });
  for (int i = 0; i < kProbers; ++i) threads_.emplace_back([this] { Run(/*probes=*/true); });
  tick_ = std::make_unique<Periodic>("fed-tick", kTick, [this] { Tick(); });
  follower_ = std::make_unique<OutboundFollower>(
      OutboundFollower::Needs{deps_.bus, deps_.clock, deps_.events, deps_.rooms}, std::move(marks),
      [this](const events::v1::ListOutboundResponse& listed) {
        if (!listed.events().empty()) federates_ = true;
        absl::MutexLock lock(&mutex_);
        board_->Add(listed);
      });
}

Sender::~Sender() {
  follower_.reset();
  tick_.reset();
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
  Tick();
}

void Sender::Run(bool probes) {
  while (const std::optional<Work> work = Next(probes)) Deliver(*work);
}

std::optional<Sender::Work> Sender::Next(bool probes) {
  absl::MutexLock lock(&mutex_);
  const auto ready = [this, probes]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || board_->HasReady(probes);
  };
  mutex_.Await(absl::Condition(&ready));
  if (stopping_) return std::nullopt;
  return board_->Take(probes);
}

void Sender::Deliver(const Work& work) {
  absl::StatusOr<Parts> parts = Collect(work);
  TransactionSender::Outcome outcome;
  if (parts.ok() && !parts->empty())
    outcome = transactions_.Send(work.destination, {parts->pdus, parts->edus});
  absl::Status sent = parts.ok() ? outcome.status : parts.status();
  if (sent.ok()) sent = Forget(work.destination, parts->durable);
  if (!sent.ok() && work.durable_edus) ForgetOldest(work.destination).IgnoreError();
  absl::MutexLock lock(&mutex_);
  if (sent.ok()) {
    board_->Sent(work, parts->caught_up, parts->more_edus);
  } else {
    board_->Failed(work, deps_.clock.Now(), Jitter(), outcome.asked,
                   std::string(Std(sent.message())));
  }
}

absl::StatusOr<Sender::Parts> Sender::Collect(const Work& work) {
  Parts parts;
  PARLEY_RETURN_IF_ERROR(ReadEvents(work, parts));
  parts.edus = work.ephemeral;
  if (work.durable_edus) PARLEY_RETURN_IF_ERROR(ReadDurable(work, parts));
  return parts;
}

absl::Status Sender::ReadEvents(const Work& work, Parts& parts) {
  std::vector<OutboundBoard::Position> wanted = work.events;
  if (!work.behind.empty()) {
    PARLEY_TRY(wanted, ListBehind(work, parts));
  }
  std::map<Partition, std::vector<int64_t>> by_partition;
  for (const auto& [partition, position] : wanted) by_partition[partition].push_back(position);
  for (const auto& [partition, positions] : by_partition) {
    events::v1::ReadOutboundRequest request;
    request.set_destination(work.destination);
    request.set_partition(partition);
    request.mutable_positions()->Assign(positions.begin(), positions.end());
    PARLEY_TRY(auto response, deps_.rooms.ReadOutbound(OwnCall(kReadTime), request));
    for (std::string& pdu : *response.mutable_pdus()) parts.pdus.push_back(std::move(pdu));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<OutboundBoard::Position>> Sender::ListBehind(const Work& work,
                                                                        Parts& parts) {
  events::v1::ListOutboundRequest request;
  request.set_destination(work.destination);
  request.set_limit(OutboundBoard::kMaxEvents);
  for (const auto& [partition, position] : work.behind) {
    common::v1::Head& since = *request.add_since();
    since.set_partition(partition);
    since.set_position(position - 1);
  }
  PARLEY_TRY(const auto listed, deps_.rooms.ListOutbound(OwnCall(kReadTime), request));
  for (const common::v1::Head& head : listed.heads()) {
    parts.caught_up.until[head.partition()] = head.position();
  }
  std::vector<OutboundBoard::Position> events;
  for (const auto& event : listed.events()) events.push_back({event.partition(), event.position()});
  return events;
}

absl::Status Sender::ReadDurable(const Work& work, Parts& parts) {
  const size_t room = OutboundBoard::kMaxEdus - parts.edus.size();
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(parts.durable, ReadEdus(db, PartitionFor(work.destination), work.destination, room));
    return absl::OkStatus();
  }));
  parts.more_edus = parts.durable.size() == room;
  size_t bytes = 0;
  for (size_t i = 0; i < parts.durable.size(); ++i) {
    bytes += parts.durable[i].json.size();
    if (i > 0 && bytes > kMaxEduBytes) {
      parts.durable.resize(i);
      parts.more_edus = true;
      break;
    }
    parts.edus.push_back(parts.durable[i].json);
  }
  return absl::OkStatus();
}

absl::Status Sender::Forget(const std::string& destination, const std::vector<EduRow>& edus) {
  if (edus.empty()) return absl::OkStatus();
  const Partition p = PartitionFor(destination);
  store::Batch batch;
  for (const EduRow& edu : edus) DeleteEdu(batch, p, destination, edu);
  return Commit(p, std::move(batch));
}

// What comes while a server is left alone is bounded by how long that is.
absl::Status Sender::ForgetOldest(const std::string& destination) {
  const Partition p = PartitionFor(destination);
  std::optional<int64_t> last;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(last, LastEduBeyond(db, p, destination, kMaxWaitingEdus));
    return absl::OkStatus();
  }));
  if (!last) return absl::OkStatus();
  store::Batch batch;
  DeleteEdusUntil(batch, p, destination, *last);
  return Commit(p, std::move(batch));
}

absl::StatusOr<SendEdusResponse> Sender::SendEdus(const rpc::Call& call,
                                                  const SendEdusRequest& asked) {
  PARLEY_TRY(const SendEdusRequest request, Addressed(call, asked));
  PARLEY_RETURN_IF_ERROR(StoreDurable(request));
  absl::MutexLock lock(&mutex_);
  for (const Edu& edu : request.edus()) {
    for (const std::string& destination : edu.destinations()) {
      if (edu.durable()) board_->AddDurable(destination);
      if (!edu.durable()) board_->AddEphemeral(destination, edu.key(), edu.json());
    }
  }
  return SendEdusResponse();
}

absl::StatusOr<SendEdusRequest> Sender::Addressed(const rpc::Call& call, SendEdusRequest request) {
  for (Edu& edu : *request.mutable_edus()) {
    std::set<std::string> servers(edu.destinations().begin(), edu.destinations().end());
    if (!edu.room_ids().empty()) {
      events::v1::ListRoomServersRequest rooms;
      *rooms.mutable_room_ids() = edu.room_ids();
      PARLEY_TRY(const auto found, deps_.rooms.ListRoomServers(call, rooms));
      servers.insert(found.servers().begin(), found.servers().end());
    }
    servers.erase(config_.server_name);
    edu.mutable_destinations()->Assign(servers.begin(), servers.end());
  }
  return request;
}

absl::Status Sender::StoreDurable(const SendEdusRequest& request) {
  std::map<Partition, store::Batch> batches;
  for (const Edu& edu : request.edus()) {
    if (!edu.durable()) continue;
    const int64_t seq = ++edu_seq_;
    const std::string key = edu.key().empty() ? absl::StrCat("#", seq) : edu.key();
    for (const std::string& destination : edu.destinations()) {
      const Partition p = PartitionFor(destination);
      PutEdu(batches[p], p, destination, {key, seq, edu.json()});
    }
  }
  for (auto& [p, batch] : batches) PARLEY_RETURN_IF_ERROR(Commit(p, std::move(batch)));
  return absl::OkStatus();
}

absl::Status Sender::Commit(Partition p, store::Batch batch) {
  return deps_.streams.For(p).CommitQuietly(std::move(batch));
}

void Sender::RecordAlive(const std::string& server_name) {
  federates_ = true;
  absl::MutexLock lock(&mutex_);
  board_->Alive(server_name, deps_.clock.Now());
}

ListDestinationsResponse Sender::ListDestinations(const ListDestinationsRequest& request) const {
  ListDestinationsResponse response;
  absl::MutexLock lock(&mutex_);
  for (const auto& standing :
       board_->List({request.server_names().begin(), request.server_names().end()})) {
    Destination& out = *response.add_destinations();
    out.set_server_name(standing.row.destination);
    out.set_waiting_edus(standing.edus);
    out.set_waiting_events(standing.events);
    out.set_failures(standing.row.backoff.failures);
    out.set_last_error(standing.row.last_error);
    if (standing.row.backoff.failures > 0)
      out.set_retry_at_ms(absl::ToUnixMillis(standing.row.backoff.retry_at));
  }
  return response;
}

void Sender::Tick() {
  OutboundBoard::Changes changes;
  {
    absl::MutexLock lock(&mutex_);
    board_->Tick(deps_.clock.Now());
    changes = board_->TakeChanges();
  }
  const absl::Status saved = Save(changes);
  absl::MutexLock lock(&mutex_);
  saved.ok() ? board_->Saved(changes) : board_->NotSaved(changes);
}

absl::Status Sender::Save(const OutboundBoard::Changes& changes) {
  std::map<Partition, store::Batch> batches;
  for (const DestinationRow& row : changes.destinations) {
    const Partition p = PartitionFor(row.destination);
    SaveDestination(batches[p], p, row);
  }
  for (const auto& [p, mark] : changes.marks) SaveMark(batches[p], p, mark);
  absl::Status status;
  for (auto& [p, batch] : batches) status.Update(Commit(p, std::move(batch)));
  return status;
}

Partition Sender::PartitionFor(std::string_view destination) const {
  return PartitionOf(destination, config_.partitions);
}

double Sender::Jitter() {
  return static_cast<unsigned char>(deps_.rng.Bytes(1)[0]) / 256.0;
}

}  // namespace parley::federation
