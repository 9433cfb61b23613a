#include "services/events/read/sent_by.h"

#include "common/base/strings.h"
#include "common/json/value.h"

namespace parley::events {
namespace {

constexpr std::string_view kDelayIds = "delay_";

}  // namespace

void AddSentBy(const Sending& sending, std::string_view viewer, std::string_view viewer_device,
               event::UnsignedFields& extra, std::string& buffer) {
  if (sending.txn_id.empty() || sending.sender != viewer) return;
  if (sending.device_id.empty() && sending.txn_id.starts_with(kDelayIds)) {
    const std::string id = json::Quoted(sending.txn_id);
    buffer = StrCat("\"delay_id\":", id, ",\"org.matrix.msc4140.delay_id\":", id);
    extra.more_members = buffer;
  } else if (sending.device_id == viewer_device) {
    extra.transaction_id = sending.txn_id;
  }
}

}  // namespace parley::events
