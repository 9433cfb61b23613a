#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"

// accounts_pushers: where a user's notifications are to go.
namespace parley::accounts::tables {

struct Pusher {
  std::string user_id;
  std::string app_id;
  std::string pushkey;
  // Whose session set it.
  std::string device_id;
  // As the client gets it.
  std::string json;
};

absl::StatusOr<std::vector<Pusher>> ListPushers(store::Reader& reader, Partition partition,
                                                std::string_view user_id);
// The users of one partition who have this pusher.
absl::StatusOr<std::vector<std::string>> FindPusherOwners(store::Reader& reader,
                                                          Partition partition,
                                                          std::string_view app_id,
                                                          std::string_view pushkey);
void PutPusher(store::Batch& batch, Partition partition, const Pusher& pusher);
void DeletePusher(store::Batch& batch, Partition partition, std::string_view user_id,
                  std::string_view app_id, std::string_view pushkey);

}  // namespace parley::accounts::tables
