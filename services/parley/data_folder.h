#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/crypto/sign.h"
#include "common/federation/key_file.h"
#include "services/parley/config.h"

namespace parley {

// Locks a data folder for as long as the descriptor that it returns is open. FailedPrecondition, one sentence, when
// another process has it.
absl::StatusOr<int> LockDataFolder(const std::string& folder);

// The folder that a process keeps everything in, while it has it to itself. Made if it is not there, readable by its
// owner alone. It remembers what can never be changed.
class DataFolder {
 public:
  // FailedPrecondition, one sentence: another process uses the folder, or it belongs to a deployment with another
  // server_name or number of partitions. Unavailable when it can't be made or written.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(const Config& config);
  ~DataFolder();

  // The server's key at config.signing_key_path, made at the first start.
  absl::StatusOr<crypto::SigningKey> LoadSigningKey() const;

  // The keys that it had before, as `parleyctl key rotate` left them; none when there is no such file.
  absl::StatusOr<std::vector<federation::PublishedKey>> LoadOldKeys() const;

  // Says where parleyctl finds the services of this process: the file rpc_address.
  absl::Status PublishRpcAddress(const std::string& address) const;

 private:
  DataFolder(const Config& config, int lock) : config_(config), lock_(lock) {}

  const Config& config_;
  const int lock_;
};

}  // namespace parley
