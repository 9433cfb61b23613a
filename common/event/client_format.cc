#include "common/event/client_format.h"

#include "common/event/event_types.h"
#include "common/json/splice.h"
#include "common/json/value.h"

namespace parley::event {
namespace {

// The end of the string whose opening quote is at `begin`.
size_t SkipString(std::string_view text, size_t begin) {
  for (size_t i = text.find('"', begin + 1); i != text.npos; i = text.find('"', i + 1)) {
    size_t backslashes = 0;
    while (text[i - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return i + 1;
  }
  return text.size();
}

size_t SkipNested(std::string_view text, size_t begin) {
  int depth = 0;
  size_t i = begin;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"') {
      i = SkipString(text, i);
      continue;
    }
    ++i;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return i;
  }
  return text.size();
}

size_t SkipValue(std::string_view text, size_t begin) {
  if (begin >= text.size()) return text.size();
  if (text[begin] == '"') return SkipString(text, begin);
  if (text[begin] == '{' || text[begin] == '[') return SkipNested(text, begin);
  const size_t end = text.find_first_of(",}]", begin);
  return end == text.npos ? text.size() : end;
}

// Calls `visit(key, value)` for each member of a canonical JSON object; values are raw.
template <class Visit>
void ForEachMember(std::string_view object, Visit visit) {
  size_t i = 1;
  while (i < object.size() && object[i] == '"') {
    const size_t key_end = SkipString(object, i);
    const size_t value_end = SkipValue(object, key_end + 1);
    if (value_end <= key_end + 1) return;
    visit(object.substr(i + 1, key_end - i - 2),
          object.substr(key_end + 1, value_end - key_end - 1));
    i = value_end + 1;
  }
}

// The members that clients see; each as raw JSON, empty if there is none.
struct Pieces {
  std::string_view content, origin_server_ts, redacts, sender, state_key, type;
};

Pieces PiecesOf(std::string_view pdu) {
  Pieces pieces;
  ForEachMember(pdu, [&pieces](std::string_view key, std::string_view value) {
    if (key == "content")
      pieces.content = value;
    else if (key == "origin_server_ts")
      pieces.origin_server_ts = value;
    else if (key == "redacts")
      pieces.redacts = value;
    else if (key == "sender")
      pieces.sender = value;
    else if (key == "state_key")
      pieces.state_key = value;
    else if (key == "type")
      pieces.type = value;
  });
  return pieces;
}

bool IsRedaction(const Pieces& pieces) {
  return pieces.type.size() == kRedaction.size() + 2 &&
         pieces.type.substr(1, kRedaction.size()) == kRedaction;
}

void AppendMember(std::string& out, std::string_view key, std::string_view json) {
  if (json.empty()) return;
  if (out.back() != '{') out.push_back(',');
  out.push_back('"');
  out.append(key);
  out.append("\":");
  out.append(json);
}

void AppendTextMember(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  if (out.back() != '{') out.push_back(',');
  out.push_back('"');
  out.append(key);
  out.append("\":");
  json::AppendQuoted(out, text);
}

// Clients of both times find a redaction's target where they look: at the top level and in content.
// Room version 11, "Moving the redacts property".
void AppendContentAndRedacts(std::string& out, const Pieces& pieces, const RoomVersion& version) {
  if (!IsRedaction(pieces)) return AppendMember(out, "content", pieces.content);
  if (version.redacts_in_content) {
    AppendMember(out, "content", pieces.content);
    AppendMember(out, "redacts", RawMember(pieces.content, "redacts"));
  } else if (pieces.redacts.empty()) {
    AppendMember(out, "content", pieces.content);
  } else {
    AppendMember(out, "content", json::WithMember(pieces.content, "redacts", pieces.redacts));
    AppendMember(out, "redacts", pieces.redacts);
  }
}

void AppendPrefix(std::string& out, const StoredEvent& event, ClientShape shape) {
  const Pieces pieces = PiecesOf(event.pdu);
  out.push_back('{');
  AppendContentAndRedacts(out, pieces, *event.version);
  AppendTextMember(out, "event_id", event.event_id);
  AppendMember(out, "origin_server_ts", pieces.origin_server_ts);
  if (shape != ClientShape::kWithoutRoomId) AppendTextMember(out, "room_id", event.room_id);
  AppendMember(out, "sender", pieces.sender);
  AppendMember(out, "state_key", pieces.state_key);
  AppendMember(out, "type", pieces.type);
  if (shape == ClientShape::kApiV1) AppendMember(out, "user_id", pieces.sender);
}

void AppendAge(std::string& out, const UnsignedFields& extra) {
  if (extra.age_ms) AppendMember(out, "age", std::to_string(*extra.age_ms));
}

void AppendUnsignedMembers(std::string& out, const UnsignedFields& extra, ClientShape shape) {
  if (shape != ClientShape::kApiV1) {
    AppendAge(out, extra);
    AppendMember(out, "prev_content", extra.prev_content_json);
  }
  AppendMember(out, "invite_room_state", extra.invite_room_state_json);
  AppendMember(out, "knock_room_state", extra.knock_room_state_json);
  AppendMember(out, "m.relations", extra.relations_json);
  AppendTextMember(out, "membership", extra.membership);
  AppendTextMember(out, "prev_sender", extra.prev_sender);
  AppendMember(out, "redacted_because", extra.redacted_because_json);
  AppendTextMember(out, "replaces_state", extra.replaces_state);
  AppendTextMember(out, "transaction_id", extra.transaction_id);
  if (extra.more_members.empty()) return;
  if (out.back() != '{') out.push_back(',');
  out.append(extra.more_members);
}

}  // namespace

std::string ClientEventPrefix(const StoredEvent& event, ClientShape shape) {
  std::string out;
  out.reserve(event.pdu.size());
  AppendPrefix(out, event, shape);
  return out;
}

void AppendUnsignedAndClose(std::string& out, const UnsignedFields& extra, ClientShape shape) {
  if (shape == ClientShape::kApiV1) {
    AppendAge(out, extra);
    AppendMember(out, "prev_content", extra.prev_content_json);
  }
  constexpr std::string_view kOpening = ",\"unsigned\":{";
  out.append(kOpening);
  const size_t begin = out.size();
  AppendUnsignedMembers(out, extra, shape);
  if (out.size() == begin) {
    out.resize(begin - kOpening.size());
  } else {
    out.push_back('}');
  }
  out.push_back('}');
}

void AppendClientEvent(std::string& out, const StoredEvent& event, const UnsignedFields& extra,
                       ClientShape shape) {
  AppendPrefix(out, event, shape);
  AppendUnsignedAndClose(out, extra, shape);
}

std::string ClientEventJson(const StoredEvent& event, const UnsignedFields& extra,
                            ClientShape shape) {
  std::string out = ClientEventPrefix(event, shape);
  AppendUnsignedAndClose(out, extra, shape);
  return out;
}

void AppendStrippedEvent(std::string& out, std::string_view pdu) {
  const Pieces pieces = PiecesOf(pdu);
  out.push_back('{');
  AppendMember(out, "content", pieces.content);
  AppendMember(out, "sender", pieces.sender);
  AppendMember(out, "state_key", pieces.state_key);
  AppendMember(out, "type", pieces.type);
  out.push_back('}');
}

std::string_view RawMember(std::string_view object, std::string_view key) {
  std::string_view found;
  ForEachMember(object, [&](std::string_view name, std::string_view value) {
    if (name == key) found = value;
  });
  return found;
}

}  // namespace parley::event
