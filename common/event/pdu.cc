#include "common/event/pdu.h"

#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/event/event_text.h"
#include "common/event/event_types.h"
#include "common/event/pdu_shape.h"
#include "common/event/redact.h"
#include "common/event/reference_hash.h"
#include "common/status/macros.h"

namespace parley::event {

std::string HashOf(std::string_view text) {
  return crypto::EncodeBase64(crypto::Sha256(text));
}

void SetIdsFromHash(Pdu& pdu, std::string_view signed_text) {
  const RoomVersion& version = *pdu.version;
  if (version.event_id_format == EventIdFormat::kInEvent) return;
  const std::string hash = crypto::Sha256(signed_text);
  const std::string text = version.event_id_format == EventIdFormat::kBase64
                               ? crypto::EncodeBase64(hash)
                               : crypto::EncodeBase64Url(hash);
  pdu.event_id = EventId::Trusted("$" + text);
  if (version.room_id_is_create_hash && pdu.room_id.empty()) {
    pdu.room_id = RoomId::Trusted("!" + text);
  }
}

absl::StatusOr<PduPtr> LoadPdu(std::string bytes, EventId event_id, const RoomVersion& version) {
  PARLEY_TRY(json::Object event, json::ParseObject(bytes));
  PARLEY_TRY(Pdu pdu, ReadShape(event, version));
  pdu.bytes = std::move(bytes);
  pdu.event_id = std::move(event_id);
  if (pdu.room_id.empty()) pdu.room_id = RoomId::Trusted("!" + pdu.event_id.str().substr(1));
  return std::make_shared<const Pdu>(std::move(pdu));
}

EventReference ReferenceTo(const Pdu& event) {
  if (!event.version->references_carry_hashes) return EventReference(event.event_id);
  const absl::StatusOr<json::Object> whole = json::ParseObject(event.bytes);
  if (!whole.ok()) return EventReference(event.event_id);
  const std::string content =
      json::Serialize(RedactContent(*event.version, event.type, event.content));
  return EventReference(event.event_id,
                        HashOf(EventText::Of(*whole).SignedText(*event.version, content)));
}

}  // namespace parley::event
