#pragma once

#include <absl/status/statusor.h>

#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"
#include "services/accounts/to_device.h"

namespace parley::accounts {

// What /sync shows of an account. The hot path of every sync: with nothing new for the user it asks no table.
// Threads: every method may be called from any.
class SyncView {
 public:
  SyncView(const Deps& deps, ToDevice& to_device) : deps_(deps), to_device_(to_device) {}

  absl::StatusOr<v1::ReadSinceResponse> ReadSince(const v1::ReadSinceRequest& request);

 private:
  absl::Status AddAccountData(const Account& account, int64_t since, v1::ReadSinceResponse& answer);
  absl::Status AddToDevice(LockedAccount& account, const v1::ReadSinceRequest& request,
                           v1::ReadSinceResponse& answer);

  const Deps deps_;
  ToDevice& to_device_;
};

}  // namespace parley::accounts
