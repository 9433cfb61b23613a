#include "common/event/event_builder.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/event/event_text.h"
#include "common/event/event_types.h"
#include "common/event/pdu_door.h"
#include "common/event/pdu_shape.h"
#include "common/event/redact.h"
#include "common/event/reference_hash.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::event {
namespace {

void AppendReference(std::string& out, const RoomVersion& version,
                     const EventReference& reference) {
  if (!version.references_carry_hashes) return json::AppendQuoted(out, reference.id.str());
  out.push_back('[');
  json::AppendQuoted(out, reference.id.str());
  out.append(",{");
  if (!reference.sha256.empty()) {
    out.append("\"sha256\":");
    json::AppendQuoted(out, reference.sha256);
  }
  out.append("}]");
}

std::string ReferencesJson(const RoomVersion& version,
                           const std::vector<EventReference>& references) {
  std::string out = "[";
  for (const EventReference& reference : references) {
    if (out.size() > 1) out.push_back(',');
    AppendReference(out, version, reference);
  }
  out.push_back(']');
  return out;
}

void PlaceRedacts(const RoomVersion& version, EventFields& fields) {
  if (fields.redacts && version.redacts_in_content) {
    fields.content.Set("redacts", fields.redacts->str());
  }
}

EventText TextOf(const RoomVersion& version, const EventFields& fields) {
  EventText text;
  text.Set("auth_events", ReferencesJson(version, fields.auth_events));
  text.Set("content", json::Serialize(fields.content));
  text.Set("depth", std::to_string(std::min(fields.depth, version.MaxDepth())));
  text.Set("origin_server_ts", std::to_string(fields.origin_server_ts));
  text.Set("prev_events", ReferencesJson(version, fields.prev_events));
  if (!fields.room_id.empty()) text.Set("room_id", json::Quoted(fields.room_id.str()));
  text.Set("sender", json::Quoted(fields.sender.str()));
  if (fields.state_key) text.Set("state_key", json::Quoted(*fields.state_key));
  text.Set("type", json::Quoted(fields.type));
  if (fields.redacts && !version.redacts_in_content) {
    text.Set("redacts", json::Quoted(fields.redacts->str()));
  }
  return text;
}

std::vector<EventId> IdsOf(std::vector<EventReference> references) {
  std::vector<EventId> ids;
  ids.reserve(references.size());
  for (EventReference& reference : references) ids.push_back(std::move(reference.id));
  return ids;
}

Pdu PduOf(const RoomVersion& version, EventFields fields) {
  Pdu pdu;
  pdu.version = &version;
  pdu.has_room_id_field = !fields.room_id.empty();
  pdu.room_id = std::move(fields.room_id);
  pdu.sender = std::move(fields.sender);
  pdu.type = std::move(fields.type);
  pdu.state_key = std::move(fields.state_key);
  pdu.origin_server_ts = fields.origin_server_ts;
  pdu.depth = std::min(fields.depth, version.MaxDepth());
  pdu.prev_events = IdsOf(std::move(fields.prev_events));
  pdu.auth_events = IdsOf(std::move(fields.auth_events));
  pdu.redacts = std::move(fields.redacts);
  pdu.content = std::move(fields.content);
  return pdu;
}

absl::Status CheckFields(const RoomVersion& version, const EventFields& fields) {
  PARLEY_RETURN_IF_ERROR(CheckFieldSize("type", fields.type));
  if (fields.state_key) PARLEY_RETURN_IF_ERROR(CheckFieldSize("state_key", *fields.state_key));
  if (version.strict_canonical_json) return CheckCanonicalNumbers(fields.content);
  return absl::OkStatus();
}

// The ids of v1 and v2 are any unique text: a hash of all the event says is one.
void PlaceEventId(Pdu& pdu, EventText& text, const std::string& server_name) {
  if (pdu.version->event_id_format != EventIdFormat::kInEvent) return;
  const std::string unique = crypto::EncodeBase64Url(crypto::Sha256(text.Whole()));
  pdu.event_id = EventId::Trusted(StrCat("$", unique, ":", server_name));
  text.Set("event_id", json::Quoted(pdu.event_id.str()));
}

std::string SignatureJson(const std::string& server_name, const crypto::SigningKey& key,
                          std::string_view signed_text) {
  std::string out = "{";
  json::AppendQuoted(out, server_name);
  out.append(":{");
  json::AppendQuoted(out, key.id());
  out.push_back(':');
  json::AppendQuoted(out, crypto::EncodeBase64(key.Sign(signed_text)));
  out.append("}}");
  return out;
}

}  // namespace

EventBuilder::EventBuilder(const RoomVersion& version, std::string server_name,
                           const crypto::SigningKey& key)
    : version_(version), server_name_(std::move(server_name)), key_(key) {}

absl::StatusOr<VerifiedPdu> EventBuilder::Build(EventFields fields) const {
  PARLEY_RETURN_IF_ERROR(CheckFields(version_, fields));
  PlaceRedacts(version_, fields);
  EventText text = TextOf(version_, fields);
  Pdu pdu = PduOf(version_, std::move(fields));
  PlaceEventId(pdu, text, server_name_);
  text.Set("hashes", StrCat("{\"sha256\":\"", HashOf(text.HashedText()), "\"}"));
  const std::string signed_text =
      text.SignedText(version_, json::Serialize(RedactContent(version_, pdu.type, pdu.content)));
  SetIdsFromHash(pdu, signed_text);
  text.Set("signatures", SignatureJson(server_name_, key_, signed_text));
  pdu.bytes = text.Whole();
  if (pdu.bytes.size() > kMaxPduBytes) return TooLarge("The event is larger than 65536 bytes");
  return PduDoor::OwnWork(std::make_shared<const Pdu>(std::move(pdu)), server_name_);
}

std::string TemplateJson(const RoomVersion& version, EventFields fields) {
  PlaceRedacts(version, fields);
  return TextOf(version, fields).Whole();
}

absl::StatusOr<EventFields> ReadTemplate(const RoomVersion& version, const json::Object& made) {
  EventFields fields;
  absl::StatusOr<RoomId> room_id = RoomId::Parse(json::StringOr(made, "room_id", ""));
  if (!room_id.ok()) return BadJson("The template names no room");
  fields.room_id = *std::move(room_id);
  PARLEY_TRY(fields.prev_events, ReadReferences(made, "prev_events", kMaxPrevEvents, version));
  PARLEY_TRY(fields.auth_events, ReadReferences(made, "auth_events", kMaxAuthEvents, version));
  fields.depth = json::IntOr(made, "depth", 0);
  if (fields.depth < 1) return BadJson("The template's depth is missing or too small");
  return fields;
}

absl::StatusOr<VerifiedPdu> SignPdu(const VerifiedPdu& event, const std::string& server_name,
                                    const crypto::SigningKey& key) {
  PARLEY_TRY(json::Object whole, json::ParseObject(event->bytes));
  const RoomVersion& version = *event->version;
  const std::string signed_text = EventText::Of(whole).SignedText(
      version, json::Serialize(RedactContent(version, event->type, event->content)));
  json::Object* servers = whole.Find("signatures")->AsObject();
  json::Value* ours = servers->Find(server_name);
  json::Object keys = ours == nullptr ? json::Object() : std::move(*ours->AsObject());
  keys.Set(key.id(), crypto::EncodeBase64(key.Sign(signed_text)));
  servers->Set(server_name, std::move(keys));
  return PduDoor::WithSignature(event, server_name, json::Serialize(whole));
}

}  // namespace parley::event
