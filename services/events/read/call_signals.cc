#include "services/events/read/call_signals.h"

#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr int64_t kMaxSignals = 1000;

void Add(Partition p, CallSignalRow row, v1::ListCallSignalsResponse& response) {
  v1::CallSignal& signal = *response.add_signals();
  signal.set_partition(p);
  signal.set_position(row.pos);
  signal.set_room_id(std::move(row.room_id));
  signal.set_event_id(std::move(row.event_id));
  signal.set_type(std::move(row.type));
  signal.set_sender(std::move(row.sender));
  signal.set_origin_server_ts(row.ts);
  signal.set_seen_at(row.seen_at);
  signal.set_content(std::move(row.content));
}

absl::Status ListPartition(store::Reader& db, Partition p, int64_t after,
                           v1::ListCallSignalsResponse& response) {
  PARLEY_TRY(const store::StreamState state, store::ReadStream(db, kStream, p));
  PARLEY_TRY(std::vector<CallSignalRow> rows, CallSignalsAfter(db, p, after, kMaxSignals));
  common::v1::Head& head = *response.add_heads();
  head.set_partition(p);
  head.set_position(static_cast<int64_t>(rows.size()) < kMaxSignals ? state.head : rows.back().pos);
  for (CallSignalRow& row : rows) Add(p, std::move(row), response);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ListCallSignalsResponse> ListCallSignals(
    store::Store& store, const v1::ListCallSignalsRequest& request) {
  v1::ListCallSignalsResponse response;
  PARLEY_RETURN_IF_ERROR(store.Read([&](store::Reader& db) -> absl::Status {
    for (const common::v1::Head& since : request.since()) {
      PARLEY_RETURN_IF_ERROR(ListPartition(db, since.partition(), since.position(), response));
    }
    return absl::OkStatus();
  }));
  return response;
}

}  // namespace parley::events
