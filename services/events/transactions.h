#pragma once

#include <memory>
#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/context.h"
#include "services/events/room_write.h"

namespace parley::events {

// Nothing for requests without a transaction id.
std::optional<TxnKey> TxnKeyOf(const v1::SendRequest& request);

// The answer that this transaction got before, by this process or an earlier one. A twin that is under way is waited for,
// outside of the lane: `write` is given up then. Nothing: this is the first.
absl::StatusOr<std::optional<Sent>> FindTransaction(const Context& context, const rpc::Call& call,
                                                    std::unique_ptr<RoomWrite>& write, const TxnKey& key);

}  // namespace parley::events
