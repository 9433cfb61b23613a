#pragma once

#include "common/event/received_pdu.h"

namespace parley::event {

// The only maker of UnverifiedPdu and VerifiedPdu. Internal to common/event.
class PduDoor {
 public:
  static absl::StatusOr<UnverifiedPdu> Receive(json::Object event, const RoomVersion& version);
  static absl::StatusOr<VerifiedPdu> Verify(UnverifiedPdu event, KeyLookup keys);
  // For what this server has built and signed.
  static VerifiedPdu OwnWork(PduPtr pdu);
  static VerifiedPdu WithBytes(const VerifiedPdu& verified, std::string bytes);
};

}  // namespace parley::event
