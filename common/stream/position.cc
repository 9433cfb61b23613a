#include "common/stream/position.h"

namespace parley::stream {

std::string_view NameOf(StreamKind kind) {
  switch (kind) {
    case StreamKind::kEvents:
      return "events";
    case StreamKind::kReceipts:
      return "receipts";
    case StreamKind::kTyping:
      return "typing";
    case StreamKind::kAccounts:
      return "accounts";
    case StreamKind::kPresence:
      return "presence";
    case StreamKind::kProfile:
      return "profile";
    case StreamKind::kCalls:
      return "calls";
    case StreamKind::kToDevice:
      return "to_device";
    case StreamKind::kDeviceLists:
      return "device_lists";
  }
  return "";
}

}  // namespace parley::stream
