#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"
#include "common/store/schema.h"
#include "services/profile/fields.h"

// The tables of profile; no other file knows them.
//   profile_users   who has a profile; which generation of it was set, and which has reached all
//   rooms profile_fields  the fields
namespace parley::profile {

inline constexpr std::string_view kStream = "profile";

struct UserRow {
  Partition partition = 0;
  std::string user_id;
  int64_t generation = 0;
  int64_t propagated = 0;
};

std::vector<store::Migration> Migrations();

absl::Status ScanUsers(store::Reader& db, Partition p,
                       absl::FunctionRef<void(const UserRow&)> on_user);
// Names and avatars of everybody in the partition.
absl::Status ScanNames(store::Reader& db, Partition p,
                       absl::FunctionRef<void(std::string_view user_id, std::string_view field,
                                              std::string_view value)>
                           on_name);
absl::StatusOr<Fields> ReadFields(store::Reader& db, Partition p, std::string_view user_id);

void SaveUser(store::Batch& batch, const UserRow& user);
void SetPropagated(store::Batch& batch, Partition p, std::string_view user_id, int64_t generation);
void SaveFields(store::Batch& batch, Partition p, std::string_view user_id, const Fields& before,
                const Fields& after);
void DeleteUser(store::Batch& batch, Partition p, std::string_view user_id);

}  // namespace parley::profile
