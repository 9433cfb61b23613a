#pragma once

#include "parley/federation/v1/downloads.parley.h"
#include "services/federation/config.h"
#include "services/federation/requests.h"

namespace parley::federation {

// Files of others. Threads: any; calls block, within the call's deadline and the configured time.
// Lifetime: borrows all.
class Downloads final : public DownloadsService {
 public:
  Downloads(const Config& config, const Requests& requests, http::Client& client)
      : config_(config), requests_(requests), client_(client) {}

  // InvalidArgument for a URL that is none of https.
  absl::StatusOr<FetchResponse> Fetch(const rpc::Call& call, const FetchRequest& request) override;

 private:
  const Config& config_;
  const Requests& requests_;
  http::Client& client_;
};

}  // namespace parley::federation
