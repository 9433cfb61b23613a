#include "services/events/read/room_token.h"

#include <absl/strings/numbers.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/stream/token.h"

namespace parley::events {

std::string RoomToken(RoomOrder order) { return StrCat("t", order); }

absl::StatusOr<RoomOrder> ParseRoomToken(std::string_view token, Partition partition,
                                         RoomOrder end) {
  RoomOrder order = 0;
  if (!token.empty() && token[0] == 't' && absl::SimpleAtoi(Abs(token.substr(1)), &order)) {
    return order;
  }
  PARLEY_TRY(const auto sync, stream::SyncToken::Parse(token));
  const int64_t position = sync.Position(stream::StreamKind::kEvents, partition);
  return position == 0 ? end : LiveOrder(position);
}

}  // namespace parley::events
