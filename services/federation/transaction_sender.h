#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "common/base/clock.h"
#include "common/rpc/call.h"
#include "parley/federation/v1/federation.parley.h"
#include "services/federation/sender_metrics.h"

namespace parley::federation {

// Makes transactions and puts them to other servers. Server-server API, "Transactions".
//
// A server that refuses one for what it holds gets it in halves, down to what it refuses: that
// alone is dropped, and counted, if the server takes anything at all: an empty transaction, when it
// has taken no other part. One that refuses that, or too much of a transaction, is down.
//
// Threads: any; calls block. Lifetime: borrows clock and metrics.
class TransactionSender {
 public:
  // One signed request to another server, as Federation.Request.
  using Transport =
      std::function<absl::StatusOr<RequestResponse>(const rpc::Call&, const RequestRequest&)>;

  TransactionSender(std::string server_name, const Clock& clock, const SenderMetrics& metrics,
                    Transport transport);

  struct Parts {
    absl::Span<const std::string> pdus;
    absl::Span<const std::string> edus;

    size_t size() const { return pdus.size() + edus.size(); }
  };
  struct Outcome {
    absl::Status status;
    std::optional<absl::Duration> asked;  // how long the server wants to be left alone
  };
  Outcome Send(const std::string& destination, const Parts& parts);

 private:
  struct Attempt;

  absl::StatusOr<RequestResponse> Put(const Attempt& attempt, const Parts& parts);
  absl::Status SendParts(Attempt& attempt, const Parts& parts);
  // The one part that was refused, unless the server refuses everything.
  absl::Status Drop(Attempt& attempt);
  std::string Transaction(const Parts& parts) const;

  const std::string server_name_;
  const Clock& clock_;
  const SenderMetrics& metrics_;
  const Transport transport_;
  const std::string txn_prefix_;
  std::atomic<int64_t> txn_count_ = 0;
};

}  // namespace parley::federation
