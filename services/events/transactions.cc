#include "services/events/transactions.h"

#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {

std::optional<TxnKey> TxnKeyOf(const v1::SendRequest& request) {
  if (request.txn_id().empty()) return std::nullopt;
  // /redact is a path of its own.
  const std::string type = request.redacts().empty() ? request.type() : "redact " + request.redacts();
  return TxnKey{request.requester().user_id(), request.requester().device_id(), request.txn_id(), type};
}

absl::StatusOr<std::optional<Sent>> FindTransaction(const Context& context, const rpc::Call& call,
                                                    std::unique_ptr<RoomWrite>& write, const TxnKey& key) {
  if (const std::shared_ptr<PendingTxn> twin = write->room().txns.FindPending(key)) {
    write.reset();
    if (!twin->done.WaitForNotificationWithDeadline(call.deadline)) {
      return absl::DeadlineExceededError("the same request is still under way");
    }
    PARLEY_TRY(Sent sent, twin->outcome);
    return sent;
  }
  if (!write->room().txns.MayBeStored(key)) return std::nullopt;
  std::optional<TxnRow> row;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(row, FindTxn(db, write->room().partition, write->room().nid, key.user_id, key.device_id, key.StoredId()));
    return absl::OkStatus();
  }));
  if (!row) return std::nullopt;
  return Sent{row->event_id, row->event_pos};
}

}  // namespace parley::events
