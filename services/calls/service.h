#pragma once

#include <string>

#include "common/base/clock.h"
#include "parley/calls/v1/calls.parley.h"
#include "services/calls/config.h"

namespace parley::calls {

// Threads: every method from any thread. Lifetime: borrows config and clock.
class Service final : public CallsService {
 public:
  Service(const Config& config, const Clock& clock) : config_(config), clock_(clock) {}

  absl::StatusOr<GetTurnServerResponse> GetTurnServer(const rpc::Call& call,
                                                      const GetTurnServerRequest& request) override;
  absl::StatusOr<GetRtcTransportsResponse> GetRtcTransports(const rpc::Call& call,
                                                            const GetRtcTransportsRequest& request) override;

 private:
  const Config& config_;
  const Clock& clock_;
};

}  // namespace parley::calls
