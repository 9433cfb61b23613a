#include "services/gateway/sync/difference_engine.h"

#include "common/base/partition.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"

namespace parley::gateway {

using stream::StreamKind;

absl::StatusOr<Difference> DifferenceEngine::Read(const rpc::Call& call, const SyncQuery& query,
                                                  const std::shared_ptr<Session>& session) {
  const Partition own = PartitionOf(query.requester.user_id(), deps_.partitions);
  Difference difference;
  difference.next = query.since.value_or(stream::SyncToken(query.incarnation));
  stream::SyncToken& next = difference.next;
  PARLEY_TRY(const auto account, deps_.accounts.Read(call, query, session, difference));
  PARLEY_TRY(const auto rooms, deps_.rooms.Read(call, query, account, difference, next));
  PARLEY_RETURN_IF_ERROR(deps_.device_lists.Read(call, query, account, rooms, difference));
  PARLEY_RETURN_IF_ERROR(deps_.calls.Read(call, query, *account.user, rooms, difference, next));
  if (deps_.presence_on && query.filter->WantsPresence()) {
    // Whatever is wrong with presence, messages arrive; it is read from the same mark by the next sync.
    const absl::Status read =
        deps_.presence.Read(call, query, *account.user, rooms, difference, next);
    if (!read.ok()) log::Warning("a sync goes without presence", {{"status", read.ToString()}});
  }
  query.filter->Apply(difference);
  next.SetPosition(StreamKind::kAccounts, own, account.position);
  next.SetPosition(StreamKind::kToDevice, own, account.to_device_position);
  return difference;
}

}  // namespace parley::gateway
