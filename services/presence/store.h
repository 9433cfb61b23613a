#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/time/time.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"
#include "common/store/schema.h"
#include "services/presence/audience.h"
#include "services/presence/presence.h"

// The tables of presence: what an owner has to know of those who were there under an earlier one,
// and who may see whom. What a user chose is written before the answer; all else once a second, for
// those who came, went or did something, so that a crash shows nobody anything that is not so.
namespace parley::presence {

inline constexpr std::string_view kStream = "presence";

struct SavedUser {
  Partition partition = 0;
  std::string user_id;
  // Of the views, only the time that is shown; of devices, not until when.
  UserPresence presence;
  absl::Time shown_since = absl::InfinitePast();
  // Of another server's user, whose view is all there is: until when it stands.
  std::optional<absl::Time> remote_until;
};

struct SavedAudience {
  Partition partition = 0;
  std::string user_id;
  Audience audience;
};

std::vector<store::Migration> Migrations();

// The users of partition `p`, and whom they let see them; of two rows, the later counts. Those who
// were last saved when all users were in partition 0 have a row there.
absl::Status ScanUsers(store::Reader& db, Partition p, uint32_t partitions,
                       absl::FunctionRef<void(SavedUser)> on_user);
absl::Status ScanAudiences(store::Reader& db, Partition p, uint32_t partitions,
                           absl::FunctionRef<void(SavedAudience)> on_audience);
void SaveUser(store::Batch& batch, const SavedUser& user);
void SaveAudience(store::Batch& batch, const SavedAudience& audience);

}  // namespace parley::presence
