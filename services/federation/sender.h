#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/bus/bus.h"
#include "common/rpc/call.h"
#include "common/runtime/periodic.h"
#include "common/store/store.h"
#include "common/stream/writer.h"
#include "parley/events/v1/events.parley.h"
#include "parley/events/v1/room_federation.parley.h"
#include "parley/federation/v1/federation.parley.h"
#include "services/federation/config.h"
#include "services/federation/outbound_board.h"
#include "services/federation/outbound_follower.h"
#include "services/federation/outbound_store.h"
#include "services/federation/sender_metrics.h"
#include "services/federation/transaction_sender.h"

namespace parley::federation {

// Sends transactions: what local users did in rooms with other servers, and EDUs. Server-server
// API, "Transactions".
//
// An event is sent to a server until that answers 200 (or refuses this very event), also after a
// restart; so is a durable EDU, but not more than 10,000 wait for a server that fails. Other EDUs
// go once, to servers that answer. Servers that fail are left alone for longer and longer, and are
// tried by threads of their own.
//
// Threads: its own, from Start to destruction; methods from any. Lifetime: borrows config and all
// of Deps.
class Sender {
 public:
  struct Deps {
    store::Store& store;
    stream::Streams& streams;
    bus::Bus& bus;
    events::EventsService& events;
    events::RoomFederationService& rooms;
    const Clock& clock;
    Rng& rng;
    const SenderMetrics& metrics;
    TransactionSender::Transport transport;
  };

  // Reads what waits.
  static absl::StatusOr<std::unique_ptr<Sender>> Open(const Config& config, Deps deps);
  ~Sender();
  void Start();

  // The RPCs of the same names.
  absl::StatusOr<SendEdusResponse> SendEdus(const rpc::Call& call, const SendEdusRequest& request);
  void RecordAlive(const std::string& server_name);
  ListDestinationsResponse ListDestinations(const ListDestinationsRequest& request) const;

  // False as long as no server has spoken to us and none was spoken to.
  bool federates() const { return federates_; }

  // Saves where servers stand and wakes those whose time has come; runs by itself, tests call it.
  void Tick();

 private:
  using Work = OutboundBoard::Work;
  // What a transaction is made of.
  struct Parts {
    std::vector<std::string> pdus;
    std::vector<std::string> edus;
    std::vector<EduRow> durable;
    bool more_edus = false;
    OutboundBoard::CaughtUp caught_up;

    bool empty() const { return pdus.empty() && edus.empty(); }
  };

  Sender(const Config& config, Deps deps, std::unique_ptr<OutboundBoard> board);

  void Run(bool probes);
  std::optional<Work> Next(bool probes);
  void Deliver(const Work& work);
  absl::StatusOr<Parts> Collect(const Work& work);
  absl::Status ReadEvents(const Work& work, Parts& parts);
  absl::StatusOr<std::vector<OutboundBoard::Position>> ListBehind(const Work& work, Parts& parts);
  absl::Status ReadDurable(const Work& work, Parts& parts);
  absl::Status Forget(const std::string& destination, const std::vector<EduRow>& edus);
  absl::Status ForgetOldest(const std::string& destination);
  absl::Status Save(const OutboundBoard::Changes& changes);
  absl::Status Commit(Partition p, store::Batch batch);
  // The EDUs with their servers found: those of their rooms added, ourselves left out.
  absl::StatusOr<SendEdusRequest> Addressed(const rpc::Call& call, SendEdusRequest request);
  absl::Status StoreDurable(const SendEdusRequest& request);
  Partition PartitionFor(std::string_view destination) const;
  double Jitter();

  const Config& config_;
  const Deps deps_;
  TransactionSender transactions_;
  std::atomic<int64_t> edu_seq_ = 0;
  std::atomic<bool> federates_ = false;
  mutable absl::Mutex mutex_;
  std::unique_ptr<OutboundBoard> board_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
  std::unique_ptr<OutboundFollower> follower_;
  std::unique_ptr<Periodic> tick_;
};

}  // namespace parley::federation
