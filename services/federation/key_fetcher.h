#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/base/clock.h"
#include "common/federation/key_document.h"
#include "common/rpc/call.h"
#include "services/federation/config.h"
#include "services/federation/requests.h"

namespace parley::federation {

// Gets key documents over the network and checks them. Threads: any; calls block. Lifetime: borrows
// all.
class KeyFetcher {
 public:
  KeyFetcher(const Config& config, const Requests& requests, const Clock& clock)
      : config_(config), requests_(requests), clock_(clock) {}

  // From the server itself.
  absl::StatusOr<KeyDocument> FromServer(const rpc::Call& call,
                                         const std::string& server_name) const;
  // What `notary` knows of `server_name`: several documents may hold keys of different times.
  // `notary_keys` are the notary's own; what it did not sign is left out.
  absl::StatusOr<std::vector<KeyDocument>> FromNotary(const rpc::Call& call,
                                                      const KeyDocument& notary_keys,
                                                      const std::string& server_name,
                                                      int64_t valid_at_ms) const;

 private:
  const Config& config_;
  const Requests& requests_;
  const Clock& clock_;
};

}  // namespace parley::federation
