#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/events/rows.h"

namespace parley::events {

// The m.receipt event for these receipts as `viewer` may see them (others' private ones are left out); empty when nothing is
// left. Client-server API, "Receipts".
std::string ReceiptEvent(const std::vector<ReceiptRow>& receipts, std::string_view viewer);

// The m.typing event.
std::string TypingEvent(const std::vector<std::string>& user_ids);

}  // namespace parley::events
