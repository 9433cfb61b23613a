#include "services/events/federation/candidates.h"

#include "common/base/ids.h"
#include "common/status/macros.h"
#include "services/events/federation/remote_membership.h"

namespace parley::events {

absl::StatusOr<Candidates> CandidatesFor(const Context& context, const RemoteChange& change) {
  Candidates candidates(context);
  PARLEY_TRY(const auto row, RemoteMembershipOf(context, change.room_id, change.user.str()));
  if (row && row->membership != "leave") candidates.Add(row->server);
  candidates.AddAll(change.servers);
  if (row) candidates.Add(row->server);
  if (!candidates.names().empty()) return candidates;
  if (const auto room = context.rooms.Get(change.room_id); room.ok()) {
    candidates.AddAll((*room)->state.Servers());
  }
  candidates.Add(RoomId::Trusted(change.room_id).server_name());
  return candidates;
}

}  // namespace parley::events
