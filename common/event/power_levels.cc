#include "common/event/power_levels.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/event/event_types.h"

namespace parley::event {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

// "  +0100 " is 100. Room versions 1 to 9, "accept values as strings".
std::optional<int64_t> ParseLevelText(std::string_view text) {
  text = Trim(text);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  int64_t level = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), level);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return level;
}

std::optional<int64_t> Truncate(double number) {
  constexpr double kLimit = 9223372036854774784.0;  // the largest double below 2^63
  if (!std::isfinite(number)) return std::nullopt;
  return static_cast<int64_t>(std::clamp(std::trunc(number), -kLimit, kLimit));
}

bool IsAmong(const json::Array* users, std::string_view user_id) {
  return users != nullptr && std::any_of(users->begin(), users->end(), [user_id](const auto& user) {
           return user.AsString() != nullptr && *user.AsString() == user_id;
         });
}

}  // namespace

bool IsCreator(const Pdu& create_event, std::string_view user_id) {
  if (!create_event.version->creator_is_sender) {
    return json::StringOr(create_event.content, "creator", "") == user_id;
  }
  if (create_event.sender.str() == user_id) return true;
  return create_event.version->privileged_creators &&
         IsAmong(json::FindArray(create_event.content, "additional_creators"), user_id);
}

std::optional<int64_t> ParseLevel(const RoomVersion& version, const json::Value& value) {
  if (const int64_t* number = value.AsInt()) return *number;
  if (version.level_syntax == LevelSyntax::kIntegers) return std::nullopt;
  if (const std::string* text = value.AsString()) return ParseLevelText(*text);
  const double* number = value.AsDouble();
  if (number == nullptr || version.level_syntax == LevelSyntax::kIntegersStrings)
    return std::nullopt;
  return Truncate(*number);
}

PowerLevels::PowerLevels(const Pdu* create_event, const Pdu* power_levels_event)
    : create_event_(create_event), power_levels_event_(power_levels_event) {}

int64_t PowerLevels::UserLevel(std::string_view user_id) const {
  const bool is_creator = create_event_ != nullptr && IsCreator(*create_event_, user_id);
  if (is_creator && create_event_->version->privileged_creators) return kCreatorLevel;
  if (power_levels_event_ == nullptr) return is_creator ? 100 : 0;
  return EntryLevel("users", user_id).value_or(UsersDefault());
}

int64_t PowerLevels::EventLevel(std::string_view type, bool is_state) const {
  if (const auto level = EntryLevel("events", type)) return *level;
  return is_state ? StateDefault() : EventsDefault();
}

int64_t PowerLevels::Notification(std::string_view key) const {
  return EntryLevel("notifications", key).value_or(50);
}

int64_t PowerLevels::NamedLevel(std::string_view key, int64_t fallback) const {
  if (power_levels_event_ == nullptr) return fallback;
  const json::Value* value = power_levels_event_->content.Find(key);
  if (value == nullptr) return fallback;
  return ParseLevel(*power_levels_event_->version, *value).value_or(fallback);
}

std::optional<int64_t> PowerLevels::EntryLevel(std::string_view section,
                                               std::string_view key) const {
  if (power_levels_event_ == nullptr) return std::nullopt;
  const json::Object* entries = json::FindObject(power_levels_event_->content, section);
  const json::Value* value = entries == nullptr ? nullptr : entries->Find(key);
  return value == nullptr ? std::nullopt : ParseLevel(*power_levels_event_->version, *value);
}

}  // namespace parley::event
