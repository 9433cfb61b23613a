#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "common/event/pdu.h"
#include "common/event/room_version.h"

// The first two trust steps of an event: UnverifiedPdu → VerifiedPdu (→ AuthorisedEvent,
// authorise.h). Server-server API, "Checks performed on receipt of a PDU" 1 to 3; "Signing Events".
namespace parley::event {

struct PduSignature {
  std::string server;
  std::string key_id;
  std::string signature;  // base64 as received
};

// An event as it came from elsewhere: of the right shape and size for its room version; nothing
// else is known.
class UnverifiedPdu {
 public:
  // For looking up its room and deciding what to fetch; not for acting on it.
  const Pdu& peek() const { return *pdu_; }
  const EventId& event_id() const { return pdu_->event_id; }

  const std::vector<PduSignature>& signatures() const { return signatures_; }

  // Servers whose signature the event needs. Fetch their keys (those named in signatures()) before
  // VerifyPdu.
  std::vector<std::string> RequiredSigners() const;

  // The server of `content.join_authorised_via_users_server`, where the room version has it.
  std::optional<std::string> Authoriser() const;

 private:
  friend class PduDoor;
  UnverifiedPdu() = default;

  PduPtr pdu_;
  std::vector<PduSignature> signatures_;
  std::string signed_text_;  // redacted, without signatures: what every signature is over
  bool content_hash_matches_ = false;
};

// An event whose required signatures hold; or one that we built and signed. If its content hash did
// not match, it is the redacted copy.
class VerifiedPdu {
 public:
  const PduPtr& pdu() const { return pdu_; }
  const Pdu& operator*() const { return *pdu_; }
  const Pdu* operator->() const { return pdu_.get(); }

  // Only a redacted copy was to be had.
  bool redacted() const { return redacted_; }
  // The server of `join_authorised_via_users_server` signed it too; true when the event has no such
  // key.
  bool signed_by_authoriser() const { return signed_by_authoriser_; }

 private:
  friend class PduDoor;
  VerifiedPdu() = default;

  PduPtr pdu_;
  bool redacted_ = false;
  bool signed_by_authoriser_ = true;
};

// A server's signing key and how long it counts. Validity is what the key cache makes of it: the
// lesser of what the server published and seven days from when it was fetched.
struct VerifyKey {
  std::string public_key;  // 32 bytes
  int64_t valid_until_ms = 0;
  std::optional<int64_t> expired_ms;  // from old_verify_keys
};

// The key `key_id` of `server`, or nothing if it is not known. Must not block: fetch first.
using KeyLookup =
    absl::FunctionRef<std::optional<VerifyKey>(std::string_view server, std::string_view key_id)>;

// Parses and checks shape and size. `unsigned` is dropped.
// Errors: M_BAD_JSON or M_NOT_JSON if it is no event of this room version; M_TOO_LARGE beyond the
// size limits.
absl::StatusOr<UnverifiedPdu> ParsePdu(std::string_view bytes, const RoomVersion& version);
absl::StatusOr<UnverifiedPdu> ParsePdu(json::Object event, const RoomVersion& version);

// Checks signatures and content hash. Signatures by keys that are unknown, or were not valid at
// `origin_server_ts`, are skipped; one that is wrong fails the event.
// Error: M_FORBIDDEN if a required server has not signed, or a signature is wrong.
absl::StatusOr<VerifiedPdu> VerifyPdu(UnverifiedPdu event, KeyLookup keys);

}  // namespace parley::event
