#include "common/calls/call_events.h"

#include <algorithm>
#include <string>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::calls {
namespace {

absl::Status Needs(std::string_view key, std::string_view what) {
  return BadJson(StrCat(key, " must be ", what));
}

absl::Status Wrong(std::string_view key, std::string_view what) {
  return InvalidParam(StrCat(key, " must be ", what));
}

constexpr size_t kMaxIdBytes = 255;

absl::Status CheckString(const json::Object& content, std::string_view key) {
  return json::FindString(content, key) != nullptr ? absl::OkStatus() : Needs(key, "a string");
}

// call_id and party ids.
absl::Status CheckId(const json::Object& content, std::string_view key) {
  PARLEY_RETURN_IF_ERROR(CheckString(content, key));
  const size_t size = json::FindString(content, key)->size();
  return size > 0 && size <= kMaxIdBytes ? absl::OkStatus() : Wrong(key, "of 1 to 255 bytes");
}

// 0 in the first version of calls, a string since; version "1" names the sender's device.
absl::Status CheckVersion(const json::Object& content) {
  const json::Value* version = content.Find("version");
  const bool known_kind = version != nullptr && (version->is_int() || version->is_string());
  if (!known_kind) return Needs("version", "a number or a string");
  const bool is_one = version->is_string() && *version->AsString() == "1";
  return is_one ? CheckId(content, "party_id") : absl::OkStatus();
}

absl::Status CheckLifetime(const json::Object& content) {
  const int64_t* lifetime = json::FindInt(content, "lifetime");
  if (lifetime == nullptr) return Needs("lifetime", "a number of milliseconds");
  return *lifetime >= 0 ? absl::OkStatus() : Wrong("lifetime", "0 or more");
}

// `offer`, `answer` and `description`: {"type": …, "sdp": "…"}.
absl::Status CheckDescription(const json::Object& content, std::string_view key,
                              std::initializer_list<std::string_view> types) {
  const json::Object* description = json::FindObject(content, key);
  if (description == nullptr) return Needs(key, "an object");
  const std::string* type = json::FindString(*description, "type");
  if (type == nullptr) return Needs(StrCat(key, ".type"), "a string");
  if (std::find(types.begin(), types.end(), *type) == types.end()) {
    return Wrong(StrCat(key, ".type"), types.size() == 1 ? *types.begin() : "offer or answer");
  }
  return json::FindString(*description, "sdp") != nullptr ? absl::OkStatus()
                                                          : Needs(StrCat(key, ".sdp"), "a string");
}

// An entry's sdpMid and sdpMLineIndex may be missing: the list ends with an entry that has an empty
// candidate alone.
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

absl::Status CheckInvite(const json::Object& content) {
  PARLEY_RETURN_IF_ERROR(CheckLifetime(content));
  PARLEY_RETURN_IF_ERROR(CheckDescription(content, "offer", {"offer"}));
  if (!content.Has("invitee")) return absl::OkStatus();
  PARLEY_RETURN_IF_ERROR(CheckString(content, "invitee"));
  return UserId::Parse(*json::FindString(content, "invitee")).ok() ? absl::OkStatus()
                                                                   : Wrong("invitee", "a user id");
}

absl::Status CheckAnswer(const json::Object& content) {
  return CheckDescription(content, "answer", {"answer"});
}

absl::Status CheckHangup(const json::Object& content) {
  return content.Has("reason") ? CheckString(content, "reason") : absl::OkStatus();
}

absl::Status CheckReject(const json::Object& content) {
  return CheckId(content, "party_id");
}

absl::Status CheckSelectAnswer(const json::Object& content) {
  return CheckString(content, "selected_party_id");
}

absl::Status CheckNegotiate(const json::Object& content) {
  PARLEY_RETURN_IF_ERROR(CheckLifetime(content));
  return CheckDescription(content, "description", {"offer", "answer"});
}

absl::Status CheckStreamMetadata(const json::Object& content) {
  const bool is_object = json::FindObject(content, "sdp_stream_metadata") != nullptr;
  return is_object ? absl::OkStatus() : Needs("sdp_stream_metadata", "an object");
}

struct Shape {
  std::string_view type;
  absl::Status (*check)(const json::Object& content);
};

// What a type requires beside call_id and version.
constexpr Shape kShapes[] = {
    {"m.call.invite", CheckInvite},
    {"m.call.candidates", CheckCandidates},
    {"m.call.answer", CheckAnswer},
    {"m.call.hangup", CheckHangup},
    {"m.call.reject", CheckReject},
    {"m.call.select_answer", CheckSelectAnswer},
    {"m.call.negotiate", CheckNegotiate},
    {"m.call.sdp_stream_metadata_changed", CheckStreamMetadata},
};

}  // namespace

bool IsCallEvent(std::string_view type) {
  return type.starts_with("m.call.");
}

absl::Status CheckShape(std::string_view type, const json::Object& content) {
  const auto shape = std::find_if(std::begin(kShapes), std::end(kShapes),
                                  [&](const Shape& each) { return each.type == type; });
  if (shape == std::end(kShapes)) return absl::OkStatus();
  PARLEY_RETURN_IF_ERROR(CheckId(content, "call_id"));
  PARLEY_RETURN_IF_ERROR(CheckVersion(content));
  return shape->check(content);
}

absl::Status CheckParties(std::string_view type, const json::Object& content,
                          int64_t joined_members) {
  if (type != "m.call.invite" || joined_members == 2 || content.Has("invitee"))
    return absl::OkStatus();
  return Forbidden("A call needs a room of two, or an invitee");
}

}  // namespace parley::calls
