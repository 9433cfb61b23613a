#include "common/event/event_text.h"

#include <algorithm>

#include "common/event/redact.h"

namespace parley::event {
namespace {

bool KeyLess(const std::pair<std::string, std::string>& member, std::string_view key) {
  return member.first < key;
}

bool IsUnhashed(std::string_view key) {
  return key == "hashes" || key == "signatures" || key == "unsigned";
}

}  // namespace

EventText EventText::Of(const json::Object& event) {
  EventText text;
  for (const auto& [key, value] : event) text.Set(key, json::Serialize(value));
  return text;
}

void EventText::Set(std::string_view key, std::string json) {
  const auto at = std::lower_bound(members_.begin(), members_.end(), key, KeyLess);
  if (at != members_.end() && at->first == key) {
    at->second = std::move(json);
  } else {
    members_.emplace(at, key, std::move(json));
  }
}

void EventText::Erase(std::string_view key) {
  const auto at = std::lower_bound(members_.begin(), members_.end(), key, KeyLess);
  if (at != members_.end() && at->first == key) members_.erase(at);
}

template <class Keep>
std::string EventText::Join(Keep keep, const std::string_view* content) const {
  size_t size = 2;
  for (const auto& [key, value] : members_) size += key.size() + value.size() + 8;
  std::string out;
  out.reserve(size);
  out.push_back('{');
  for (const auto& [key, value] : members_) {
    if (!keep(key)) continue;
    if (out.size() > 1) out.push_back(',');
    json::AppendQuoted(out, key);
    out.push_back(':');
    out.append(content != nullptr && key == "content" ? *content : std::string_view(value));
  }
  out.push_back('}');
  return out;
}

std::string EventText::Whole() const {
  return Join([](std::string_view) { return true; }, nullptr);
}

std::string EventText::HashedText() const {
  return Join([](std::string_view key) { return !IsUnhashed(key); }, nullptr);
}

std::string EventText::SignedText(const RoomVersion& version,
                                  std::string_view redacted_content) const {
  return Join(
      [&version](std::string_view key) {
        return key != "signatures" && SurvivesRedaction(version, key);
      },
      &redacted_content);
}

}  // namespace parley::event
