#include "common/event/pdu_shape.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/event/event_types.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::event {
namespace {

constexpr int64_t kMaxCanonicalInteger = (int64_t{1} << 53) - 1;

bool HasCanonicalNumbers(const json::Value& value) {
  if (const int64_t* number = value.AsInt()) {
    return *number >= -kMaxCanonicalInteger && *number <= kMaxCanonicalInteger;
  }
  if (const json::Array* array = value.AsArray()) {
    return std::all_of(array->begin(), array->end(), HasCanonicalNumbers);
  }
  if (const json::Object* object = value.AsObject()) return CheckCanonicalNumbers(*object).ok();
  return !value.is_double();
}

absl::Status Malformed(std::string_view key) {
  return BadJson(StrCat("The event's '", key, "' is missing or malformed"));
}

absl::StatusOr<std::string> ReadString(const json::Object& event, std::string_view key) {
  const std::string* text = json::FindString(event, key);
  if (text == nullptr) return Malformed(key);
  PARLEY_RETURN_IF_ERROR(CheckFieldSize(key, *text));
  return *text;
}

absl::StatusOr<EventId> ReadEventId(const json::Value& value, std::string_view key) {
  const std::string* text = value.AsString();
  if (text == nullptr || !text->starts_with('$')) return Malformed(key);
  PARLEY_RETURN_IF_ERROR(CheckFieldSize(key, *text));
  return EventId::Trusted(*text);
}

// v1 and v2: [id, {"sha256": …}].
absl::StatusOr<EventReference> ReadReference(const json::Value& value, std::string_view key,
                                             const RoomVersion& version) {
  if (!version.references_carry_hashes) {
    PARLEY_TRY(EventId id, ReadEventId(value, key));
    return EventReference(std::move(id));
  }
  const json::Array* pair = value.AsArray();
  if (pair == nullptr || pair->size() != 2 || !(*pair)[1].is_object()) return Malformed(key);
  PARLEY_TRY(EventId id, ReadEventId((*pair)[0], key));
  return EventReference(std::move(id),
                        std::string(json::StringOr(*(*pair)[1].AsObject(), "sha256", "")));
}

absl::StatusOr<std::vector<EventId>> ReadIdList(const json::Object& event, std::string_view key,
                                                size_t limit, const RoomVersion& version) {
  PARLEY_TRY(std::vector<EventReference> references, ReadReferences(event, key, limit, version));
  std::vector<EventId> ids;
  ids.reserve(references.size());
  for (EventReference& reference : references) ids.push_back(std::move(reference.id));
  return ids;
}

absl::StatusOr<int64_t> ReadInt(const json::Object& event, std::string_view key) {
  const int64_t* number = json::FindInt(event, key);
  if (number == nullptr) return Malformed(key);
  return *number;
}

absl::Status CheckHashes(const json::Object& event) {
  const json::Object* hashes = json::FindObject(event, "hashes");
  if (hashes == nullptr || json::FindString(*hashes, "sha256") == nullptr)
    return Malformed("hashes");
  return absl::OkStatus();
}

absl::Status CheckSignatures(const json::Object& event) {
  const json::Object* servers = json::FindObject(event, "signatures");
  if (servers == nullptr) return Malformed("signatures");
  for (const auto& [server, keys] : *servers) {
    if (!keys.is_object()) return Malformed("signatures");
    for (const auto& [key_id, signature] : *keys.AsObject()) {
      if (!signature.is_string()) return Malformed("signatures");
    }
  }
  return absl::OkStatus();
}

absl::Status ReadIds(const json::Object& event, Pdu& pdu) {
  PARLEY_TRY(const std::string sender, ReadString(event, "sender"));
  absl::StatusOr<UserId> user = UserId::Parse(sender);
  if (!user.ok()) return Malformed("sender");
  pdu.sender = *std::move(user);

  const bool is_create = pdu.type == kCreate;
  pdu.has_room_id_field = event.Has("room_id");
  if (pdu.has_room_id_field || !(is_create && pdu.version->room_id_is_create_hash)) {
    PARLEY_TRY(const std::string room_id, ReadString(event, "room_id"));
    absl::StatusOr<RoomId> room = RoomId::Parse(room_id);
    if (!room.ok()) return Malformed("room_id");
    pdu.room_id = *std::move(room);
  }
  if (pdu.version->event_id_format == EventIdFormat::kInEvent) {
    PARLEY_TRY(const std::string event_id, ReadString(event, "event_id"));
    absl::StatusOr<EventId> id = EventId::Parse(event_id);
    if (!id.ok() || id->server_name().empty()) return Malformed("event_id");
    pdu.event_id = *std::move(id);
  }
  return absl::OkStatus();
}

absl::Status ReadStateKey(const json::Object& event, Pdu& pdu) {
  if (!event.Has("state_key")) return absl::OkStatus();
  PARLEY_TRY(pdu.state_key, ReadString(event, "state_key"));
  return absl::OkStatus();
}

absl::Status ReadRedacts(const json::Object& event, Pdu& pdu) {
  if (pdu.type != kRedaction) return absl::OkStatus();
  const json::Value* value =
      pdu.version->redacts_in_content ? pdu.content.Find("redacts") : event.Find("redacts");
  if (value == nullptr) return absl::OkStatus();
  absl::StatusOr<EventId> target = ReadEventId(*value, "redacts");
  if (target.ok()) pdu.redacts = *std::move(target);
  return pdu.version->redacts_in_content ? absl::OkStatus() : target.status();
}

absl::Status ReadGraph(const json::Object& event, Pdu& pdu) {
  PARLEY_TRY(pdu.origin_server_ts, ReadInt(event, "origin_server_ts"));
  PARLEY_TRY(pdu.depth, ReadInt(event, "depth"));
  if (pdu.depth < 0) return Malformed("depth");
  PARLEY_TRY(pdu.prev_events, ReadIdList(event, "prev_events", kMaxPrevEvents, *pdu.version));
  PARLEY_TRY(pdu.auth_events, ReadIdList(event, "auth_events", kMaxAuthEvents, *pdu.version));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<EventReference>> ReadReferences(const json::Object& event,
                                                           std::string_view key, size_t limit,
                                                           const RoomVersion& version) {
  const json::Array* array = json::FindArray(event, key);
  if (array == nullptr) return Malformed(key);
  if (array->size() > limit) return BadJson(StrCat("The event has too many ", key));
  std::vector<EventReference> references;
  references.reserve(array->size());
  for (const json::Value& value : *array) {
    PARLEY_TRY(EventReference reference, ReadReference(value, key, version));
    references.push_back(std::move(reference));
  }
  return references;
}

absl::Status CheckFieldSize(std::string_view name, std::string_view text) {
  if (text.size() <= kMaxFieldBytes) return absl::OkStatus();
  return TooLarge(StrCat("The event's '", name, "' is larger than ", kMaxFieldBytes, " bytes"));
}

absl::Status CheckCanonicalNumbers(const json::Object& object) {
  for (const auto& [key, value] : object) {
    if (!HasCanonicalNumbers(value)) return BadJson("A number is no integer within ±(2^53 - 1)");
  }
  return absl::OkStatus();
}

absl::StatusOr<Pdu> ReadShape(json::Object& event, const RoomVersion& version) {
  Pdu pdu;
  pdu.version = &version;
  PARLEY_TRY(pdu.type, ReadString(event, "type"));
  json::Value* content = event.Find("content");
  if (content == nullptr || !content->is_object()) return Malformed("content");
  pdu.content = std::move(*content->AsObject());
  PARLEY_RETURN_IF_ERROR(ReadIds(event, pdu));
  PARLEY_RETURN_IF_ERROR(ReadStateKey(event, pdu));
  PARLEY_RETURN_IF_ERROR(ReadRedacts(event, pdu));
  PARLEY_RETURN_IF_ERROR(ReadGraph(event, pdu));
  PARLEY_RETURN_IF_ERROR(CheckHashes(event));
  PARLEY_RETURN_IF_ERROR(CheckSignatures(event));
  return pdu;
}

}  // namespace parley::event
