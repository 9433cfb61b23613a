#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/context.h"
#include "services/events/room.h"
#include "services/events/typing.h"

// What members tell about themselves without an event.
namespace parley::events {

struct NewReceipt {
  std::string user_id;
  std::string type;
  std::optional<std::string> thread_id = {};
  std::string event_id;
  int64_t ts = 0;
};

// The receipt of somebody who is in the room; its position, or that of one that stands further already. M_INVALID_PARAM when
// the room has no such event, or it is of another thread.
absl::StatusOr<int64_t> PlaceReceipt(const Context& context, const RoomPtr& room, const NewReceipt& receipt);

// The RPCs of the same names.
absl::StatusOr<v1::SetReceiptResponse> SetRoomReceipt(const Context& context, const rpc::Call& call,
                                                      const v1::SetReceiptRequest& request);
absl::StatusOr<v1::SetTypingResponse> SetRoomTyping(const Context& context, const rpc::Call& call, TypingTable& typing,
                                                    const v1::SetTypingRequest& request);
absl::StatusOr<v1::RecordDeviceListChangeResponse> RecordDeviceChange(const Context& context, const rpc::Call& call,
                                                                      const v1::RecordDeviceListChangeRequest& request);
absl::StatusOr<v1::ReportContentResponse> StoreReport(const Context& context, const v1::ReportContentRequest& request);

}  // namespace parley::events
