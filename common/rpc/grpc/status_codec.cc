#include "common/rpc/grpc/status_codec.h"

#include <absl/strings/cord.h>

#include "parley/rpc/v1/status.pb.h"

namespace parley::rpc {

std::string EncodeDetails(const absl::Status& status) {
  v1::Status wire;
  status.ForEachPayload([&wire](absl::string_view type, const absl::Cord& payload) {
    google::protobuf::Any& detail = *wire.add_details();
    detail.set_type_url(std::string(type));
    detail.set_value(std::string(payload));
  });
  if (wire.details().empty()) return "";
  wire.set_code(static_cast<int>(status.code()));
  wire.set_message(std::string(status.message()));
  return wire.SerializeAsString();
}

absl::Status DecodeStatus(int code, const std::string& message, const std::string& details) {
  absl::Status status(static_cast<absl::StatusCode>(code), message);
  v1::Status wire;
  if (details.empty() || !wire.ParseFromString(details)) return status;
  for (const google::protobuf::Any& detail : wire.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

}  // namespace parley::rpc
