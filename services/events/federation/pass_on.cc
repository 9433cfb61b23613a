#include "services/events/federation/pass_on.h"

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/graph/graph.h"
#include "services/events/store.h"

namespace parley::events {

absl::StatusOr<Sent> PassOn(const Context& context, const rpc::Call& call,
                            const event::VerifiedPdu& event) {
  PARLEY_RETURN_IF_ERROR(context.graph.settler().SettleAndPassOn(call, event));
  std::optional<EventRow> row;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(
        row, FindEvent(db, context.rooms.PartitionOf(event->room_id.str()), event->event_id.str()));
    return absl::OkStatus();
  }));
  if (!row) return absl::DataLossError("an event that was settled is not in the store");
  if ((row->flags & kHidden) != 0) return Forbidden("The room does not allow this event");
  return Sent{row->event_id, row->pos};
}

}  // namespace parley::events
