#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"

// accounts_outbox: what other services are still to be told. A row goes when they have answered.
namespace parley::accounts::tables {

// The user's devices or keys changed: every room the user is in is told.
inline constexpr std::string_view kDeviceListJob = "device_list";
// The user's cross-signing keys changed: servers of the user's rooms get them.
inline constexpr std::string_view kSigningKeysJob = "signing_keys";
// The user is new and gets a profile.
inline constexpr std::string_view kCreateProfileJob = "create_profile";
// The user was deactivated: leaves every room, and the profile goes.
inline constexpr std::string_view kLeaveRoomsJob = "leave_rooms";
// The user was deactivated and wants to be forgotten.
inline constexpr std::string_view kEraseJob = "erase";

struct Job {
  Partition partition = 0;
  std::string kind;
  std::string user_id;
  // The latest; grows with each change.
  int64_t generation = 0;
};

void PutJob(store::Batch& batch, const Job& job);
// The job's row and those of older generations.
void DeleteJob(store::Batch& batch, const Job& job);
// One for each kind and user.
absl::StatusOr<std::vector<Job>> ListJobs(store::Reader& reader, Partition partition, uint32_t limit);

}  // namespace parley::accounts::tables
