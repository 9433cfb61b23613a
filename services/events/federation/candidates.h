#pragma once

#include <absl/status/statusor.h>

#include "services/events/federation/ask.h"
#include "services/events/federation/remote_join.h"

namespace parley::events {

// Whom to ask about the room: the server of an invite, and those given; without any of these, those
// that we knew in it, and the one that its id names.
absl::StatusOr<Candidates> CandidatesFor(const Context& context, const RemoteChange& change);

}  // namespace parley::events
