#include "common/calls/signal.h"

#include <algorithm>
#include <utility>

namespace parley::calls {
namespace {

using Kind = Signal::Kind;

constexpr std::pair<std::string_view, Kind> kKinds[] = {
    {"m.call.invite", Kind::kInvite},
    {"m.call.candidates", Kind::kCandidates},
    {"m.call.answer", Kind::kAnswer},
    {"m.call.select_answer", Kind::kSelectAnswer},
    {"m.call.reject", Kind::kReject},
    {"m.call.hangup", Kind::kHangup},
    {"m.call.negotiate", Kind::kNegotiate},
    {"m.call.sdp_stream_metadata_changed", Kind::kStreamMetadata},
};

constexpr std::string_view kKept[] = {"call_id",  "party_id",          "invitee",
                                      "lifetime", "selected_party_id", "reason"};
constexpr size_t kMaxKept = 255;

std::optional<Kind> KindOf(std::string_view type) {
  const auto found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](const auto& k) { return k.first == type; });
  if (found == std::end(kKinds)) return std::nullopt;
  return found->second;
}

std::string Text(const json::Object& content, std::string_view key) {
  return std::string(json::StringOr(content, key, ""));
}

bool IsShort(const json::Value& value) {
  return !value.is_string() || value.AsString()->size() <= kMaxKept;
}

}  // namespace

std::optional<Signal> ReadSignal(std::string_view type, const json::Object& content) {
  const std::optional<Kind> kind = KindOf(type);
  if (!kind || Text(content, "call_id").empty()) return std::nullopt;
  Signal signal;
  signal.kind = *kind;
  signal.call_id = Text(content, "call_id");
  signal.party_id = Text(content, "party_id");
  signal.invitee = Text(content, "invitee");
  signal.lifetime = std::max<int64_t>(0, json::IntOr(content, "lifetime", 0));
  signal.selected_party_id = Text(content, "selected_party_id");
  signal.reason = Text(content, "reason");
  return signal;
}

json::Object SignalContent(const json::Object& content) {
  json::Object kept;
  for (const std::string_view key : kKept) {
    const json::Value* value = content.Find(key);
    const bool plain = value != nullptr && (value->is_string() || value->is_int());
    if (plain && IsShort(*value)) kept.Append(std::string(key), *value);
  }
  return kept;
}

}  // namespace parley::calls
