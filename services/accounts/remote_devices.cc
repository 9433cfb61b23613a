#include "services/accounts/remote_devices.h"

#include "parley/events/v1/events.parley.h"

namespace parley::accounts {

absl::Status RemoteDevices::Changed(const rpc::Call& call, const std::string& user_id) {
  events::RecordDeviceListChangeRequest request;
  request.set_user_id(user_id);
  request.set_generation(clock_.NowMs());
  return events_.RecordDeviceListChange(call, request).status();
}

}  // namespace parley::accounts
