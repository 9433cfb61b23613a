#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"
#include "common/store/schema.h"
#include "services/presence/presence.h"

// The one table of presence: what users have set, so that who hides stays hidden through a restart. All else lives in
// memory.
namespace parley::presence {

inline constexpr std::string_view kStream = "presence";

struct Choice {
  Partition partition = 0;
  std::string user_id;
  std::optional<State> override_state;
  std::string status_msg;
};

std::vector<store::Migration> Migrations();

absl::Status ScanChoices(store::Reader& db, absl::FunctionRef<void(Choice)> on_choice);
void SaveChoice(store::Batch& batch, const Choice& choice);

}  // namespace parley::presence
