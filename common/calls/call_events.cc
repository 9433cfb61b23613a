#include "common/calls/call_events.h"

#include <string>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::calls {
namespace {

absl::Status Needs(std::string_view key, std::string_view what) { return BadJson(StrCat(key, " must be ", what)); }

absl::Status CheckString(const json::Object& content, std::string_view key) {
  return json::FindString(content, key) != nullptr ? absl::OkStatus() : Needs(key, "a string");
}

// 0 in the first version of calls, a string since.
absl::Status CheckVersion(const json::Object& content) {
  const json::Value* version = content.Find("version");
  const bool known_kind = version != nullptr && (version->is_int() || version->is_string());
  return known_kind ? absl::OkStatus() : Needs("version", "a number or a string");
}

absl::Status CheckLifetime(const json::Object& content) {
  const int64_t* lifetime = json::FindInt(content, "lifetime");
  return lifetime != nullptr && *lifetime >= 0 ? absl::OkStatus() : Needs("lifetime", "a number of milliseconds");
}

// `offer` and `answer`: {"type": key, "sdp": "…"}.
absl::Status CheckDescription(const json::Object& content, std::string_view key) {
  const json::Object* description = json::FindObject(content, key);
  if (description == nullptr) return Needs(key, "an object");
  if (json::StringOr(*description, "type", "") != key) return Needs(StrCat(key, ".type"), key);
  return json::FindString(*description, "sdp") != nullptr ? absl::OkStatus() : Needs(StrCat(key, ".sdp"), "a string");
}

// An entry's sdpMid and sdpMLineIndex may be missing: the list ends with an entry that has an empty candidate alone.
absl::Status CheckCandidates(const json::Object& content) {
  const json::Array* candidates = json::FindArray(content, "candidates");
  if (candidates == nullptr) return Needs("candidates", "an array");
  for (const json::Value& candidate : *candidates) {
    const json::Object* entry = candidate.AsObject();
    if (entry == nullptr || json::FindString(*entry, "candidate") == nullptr) {
      return Needs("candidates", "objects with a candidate");
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool IsCallEvent(std::string_view type) { return type.starts_with("m.call."); }

absl::Status CheckShape(std::string_view type, const json::Object& content) {
  const bool is_ours = type == "m.call.invite" || type == "m.call.candidates" || type == "m.call.answer" || type == "m.call.hangup";
  if (!is_ours) return absl::OkStatus();
  PARLEY_RETURN_IF_ERROR(CheckString(content, "call_id"));
  PARLEY_RETURN_IF_ERROR(CheckVersion(content));
  if (type == "m.call.candidates") return CheckCandidates(content);
  if (type == "m.call.answer") return CheckDescription(content, "answer");
  if (type == "m.call.hangup") return absl::OkStatus();
  PARLEY_RETURN_IF_ERROR(CheckLifetime(content));
  return CheckDescription(content, "offer");
}

absl::Status CheckParties(std::string_view type, const json::Object& content, int64_t joined_members) {
  if (type != "m.call.invite" || joined_members == 2 || content.Has("invitee")) return absl::OkStatus();
  return Forbidden("A call needs a room of two, or an invitee");
}

}  // namespace parley::calls
