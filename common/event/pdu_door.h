#pragma once

#include "common/event/received_pdu.h"

namespace parley::event {

// The only maker of UnverifiedPdu and VerifiedPdu. Internal to common/event.
class PduDoor {
 public:
  static absl::StatusOr<UnverifiedPdu> Receive(json::Object event, const RoomVersion& version);
  static absl::StatusOr<VerifiedPdu> Verify(UnverifiedPdu event, KeyLookup keys);
  // What this server has built and signed by the name `signer`.
  static VerifiedPdu OwnWork(PduPtr pdu, std::string_view signer);
  // `event` with one more signature, by `signer`, in its `bytes`.
  static absl::StatusOr<VerifiedPdu> WithSignature(const VerifiedPdu& event,
                                                   std::string_view signer, std::string bytes);
};

}  // namespace parley::event
