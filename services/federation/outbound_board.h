#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/time/time.h>

#include "common/base/partition.h"
#include "parley/common/v1/common.pb.h"
#include "parley/events/v1/room_federation.pb.h"
#include "services/federation/backoff.h"
#include "services/federation/delivery_marks.h"

namespace parley::federation {

// What is noted durably of a server that did not get everything.
struct DestinationRow {
  std::string destination;
  Backoff backoff;
  std::string last_error;
  // By partition of `events`: the first position that it may not have got. Everything from there is
  // read again.
  std::map<Partition, int64_t> behind;
  bool has_edus = false;  // of the table of durable EDUs
};

// What waits for which server. A server that answers has a short queue in memory; one that does
// not, or that is too slow, is "behind": only where it stands is kept, and new events cost nothing
// until it comes back.
//
// Pure memory, without clock, threads or I/O; the owner (Sender) locks it.
class OutboundBoard {
 public:
  static constexpr size_t kMaxEvents = 50;  // of a transaction; server-server API, "Transactions"
  static constexpr size_t kMaxEdus = 100;
  static constexpr size_t kMaxQueue = 1000;      // events of one server in memory
  static constexpr size_t kMaxEphemeral = 1000;  // EDUs of one server in memory

  struct Position {
    Partition partition = 0;
    int64_t position = 0;
  };
  // One transaction to be made.
  struct Work {
    std::string destination;
    std::vector<Position> events;  // in the order of sending
    std::map<Partition, int64_t>
        behind;  // not empty: `events` is, and they are to be read from here on
    std::vector<std::string> ephemeral;  // EDUs
    bool durable_edus = false;           // there may be some in the table
    bool is_probe = false;               // it failed last time
  };
  // What was found by reading a server's events from where it stood.
  struct CaughtUp {
    // By partition: everything up to here was sent.
    std::map<Partition, int64_t> until;
  };

  OutboundBoard(std::vector<int64_t> marks, const BackoffLimits& limits);

  void Restore(DestinationRow row, absl::Time now);

  // Events as they were listed, and up to where everything is among them.
  void Add(const events::v1::ListOutboundResponse& listed);
  void AddEphemeral(const std::string& destination, const std::string& key, std::string json);
  void AddDurable(const std::string& destination);

  // The next server that has something and may be asked; it is in flight then, until Sent or
  // Failed.
  std::optional<Work> Take(bool probes);
  bool HasReady(bool probes) const { return !(probes ? probes_ : ready_).empty(); }
  // `more_edus`: the table may hold more.
  void Sent(const Work& work, const CaughtUp& caught_up, bool more_edus);
  void Failed(const Work& work, absl::Time now, double jitter, std::optional<absl::Duration> asked,
              std::string error);

  // The server has spoken to us. Quick when nothing is wrong with it.
  void Alive(const std::string& destination, absl::Time now);
  // Makes those ready whose time has come.
  void Tick(absl::Time now);

  // What has changed since the last call and is to be saved.
  struct Changes {
    std::vector<DestinationRow> destinations;  // whole; nothing in it: forget the server's row
    std::map<Partition, int64_t> marks;
    std::vector<Position> held;  // give back by Saved
  };
  Changes TakeChanges();
  void Saved(const Changes& changes);
  void NotSaved(const Changes& changes);

  // How servers stand: those asked for, or all that back off or have something waiting.
  struct Standing {
    DestinationRow row;
    size_t events = 0;
    size_t edus = 0;
  };
  std::vector<Standing> List(const std::vector<std::string>& names) const;
  // Nothing before this is to be read.
  const DeliveryMarks& marks() const { return marks_; }

 private:
  struct Destination {
    std::deque<Position> queue;
    size_t in_flight = 0;  // of the queue's front
    std::map<Partition, int64_t> behind;
    // By partition: what was sent by reading; the follower may still bring it.
    std::map<Partition, int64_t> sent_until;
    std::deque<std::pair<std::string, std::string>> ephemeral;  // key, EDU
    bool has_edus = false;
    bool new_edus = false;  // came while in flight
    Backoff backoff;
    std::string last_error;
    bool is_busy = false;   // in flight
    bool is_ready = false;  // in one of the queues
    bool spoke = false;     // while in flight

    bool HasWork() const {
      return !queue.empty() || !behind.empty() || !ephemeral.empty() || has_edus;
    }
  };

  Destination& Of(const std::string& name) { return destinations_[name]; }
  void AddEvent(const std::string& name, Position event);
  void FallBehind(Destination& destination);
  void SetBehind(Destination& destination, Position from);
  void Schedule(const std::string& name, Destination& destination);
  void MakeReady(const std::string& name, Destination& destination);
  void Release(const Position& event) { marks_.Release(event.partition, event.position); }
  void CatchUp(Destination& destination, const CaughtUp& caught_up);
  static DestinationRow RowOf(const std::string& name, const Destination& destination);

  DeliveryMarks marks_;
  const BackoffLimits limits_;
  absl::flat_hash_map<std::string, Destination> destinations_;
  std::deque<std::string> ready_;
  std::deque<std::string> probes_;
  std::set<std::pair<absl::Time, std::string>> timers_;
  absl::flat_hash_set<std::string> changed_;
  std::vector<Position> held_;  // until the rows of those behind are saved
  std::vector<int64_t> saved_marks_;
  std::vector<bool> has_news_;  // by partition: something left this server since the mark was saved
};

}  // namespace parley::federation
