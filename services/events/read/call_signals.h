#pragma once

#include <absl/status/statusor.h>

#include "common/store/store.h"
#include "parley/events/v1/events.pb.h"

namespace parley::events {

// The RPC of the same name, in one snapshot; at most 1,000 signals of a partition, whose head then
// tells where to go on.
absl::StatusOr<v1::ListCallSignalsResponse> ListCallSignals(
    store::Store& store, const v1::ListCallSignalsRequest& request);

}  // namespace parley::events
