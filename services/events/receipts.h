#pragma once

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/context.h"
#include "services/events/typing.h"

// What members tell about themselves without an event.
namespace parley::events {

// The RPCs of the same names.
absl::StatusOr<v1::SetReceiptResponse> SetRoomReceipt(const Context& context, const rpc::Call& call,
                                                      const v1::SetReceiptRequest& request);
absl::StatusOr<v1::SetTypingResponse> SetRoomTyping(const Context& context, TypingTable& typing,
                                                    const v1::SetTypingRequest& request);
absl::StatusOr<v1::RecordDeviceListChangeResponse> RecordDeviceChange(const Context& context, const rpc::Call& call,
                                                                      const v1::RecordDeviceListChangeRequest& request);
absl::StatusOr<v1::ReportContentResponse> StoreReport(const Context& context, const v1::ReportContentRequest& request);

}  // namespace parley::events
