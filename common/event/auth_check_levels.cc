// The rules about m.room.power_levels.

#include <absl/container/flat_hash_map.h>

#include "common/event/auth_check.h"
#include "common/event/event_types.h"

namespace parley::event {
namespace {

constexpr std::string_view kNamedLevels[] = {
    "users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"};

using Levels = absl::flat_hash_map<std::string_view, int64_t>;

std::optional<int64_t> LevelAt(const Pdu& event, std::string_view key) {
  const json::Value* value = event.content.Find(key);
  return value == nullptr ? std::nullopt : ParseLevel(*event.version, *value);
}

Levels LevelsIn(const Pdu& event, std::string_view section) {
  Levels levels;
  const json::Object* entries = json::FindObject(event.content, section);
  if (entries == nullptr) return levels;
  for (const auto& [key, value] : *entries) {
    if (const auto level = ParseLevel(*event.version, value)) levels[key] = *level;
  }
  return levels;
}

bool Has(const Levels& levels, std::string_view key, int64_t level) {
  const auto it = levels.find(key);
  return it != levels.end() && it->second == level;
}

bool IsAbsentOrLevel(const Pdu& event, std::string_view key) {
  return !event.content.Has(key) || LevelAt(event, key).has_value();
}

// True for an absent member too: nothing in it is wrong.
bool HoldsLevelsOnly(const Pdu& event, std::string_view section) {
  const json::Value* value = event.content.Find(section);
  if (value == nullptr) return true;
  if (!value->is_object()) return false;
  for (const auto& [key, level] : *value->AsObject()) {
    if (!ParseLevel(*event.version, level)) return false;
  }
  return true;
}

bool HasValidUsers(const Pdu& event) {
  if (!HoldsLevelsOnly(event, "users")) return false;
  const json::Object* users = json::FindObject(event.content, "users");
  if (users == nullptr) return true;
  for (const auto& [user, level] : *users) {
    if (!UserId::Parse(user).ok()) return false;
  }
  return true;
}

}  // namespace

AuthVerdict AuthCheck::PowerLevelsEvent() const {
  if (const auto verdict = LevelSyntaxRules()) return *verdict;
  const Pdu* before = state_(kPowerLevels, "");
  if (before == nullptr) return Allow({at_.power_levels, at_.first});
  if (const auto verdict = NamedLevelChanges(*before)) return *verdict;
  if (const auto verdict = EntryChanges(*before)) return *verdict;
  if (const auto verdict = UserChanges(*before)) return *verdict;
  return Allow({at_.power_levels, at_.levels_otherwise});
}

std::optional<AuthVerdict> AuthCheck::LevelSyntaxRules() const {
  if (at_.named_syntax != 0) {
    for (const std::string_view key : kNamedLevels) {
      if (!IsAbsentOrLevel(event_, key)) {
        return Reject({at_.power_levels, at_.named_syntax}, "A power level is no integer");
      }
    }
    if (!HoldsLevelsOnly(event_, "events") || !HoldsLevelsOnly(event_, "notifications")) {
      return Reject({at_.power_levels, at_.entries_syntax}, "A power level is no integer");
    }
  }
  if (!HasValidUsers(event_)) {
    return Reject({at_.power_levels, at_.users_syntax},
                  "`users` does not map user ids to integers");
  }
  if (at_.creators == 0) return std::nullopt;
  if (const json::Object* users = json::FindObject(event_.content, "users")) {
    for (const auto& [user, level] : *users) {
      if (IsCreator(create_, user)) {
        return Reject({at_.power_levels, at_.creators}, "A creator's power level cannot be set");
      }
    }
  }
  return std::nullopt;
}

std::optional<AuthVerdict> AuthCheck::NamedLevelChanges(const Pdu& before) const {
  const int64_t own = SenderLevel();
  for (const std::string_view key : kNamedLevels) {
    const std::optional<int64_t> old_level = LevelAt(before, key);
    const std::optional<int64_t> new_level = LevelAt(event_, key);
    if (old_level == new_level) continue;
    if (old_level && *old_level > own) {
      return Reject({at_.power_levels, at_.named, 1},
                    "The level to be changed is above the sender's");
    }
    if (new_level && *new_level > own) {
      return Reject({at_.power_levels, at_.named, 2}, "The new level is above the sender's");
    }
  }
  return std::nullopt;
}

std::optional<AuthVerdict> AuthCheck::EntryChanges(const Pdu& before) const {
  const int64_t own = SenderLevel();
  for (const std::string_view section : {"events", "notifications"}) {
    if (section == "notifications" && !version_.notification_levels_rule) continue;
    const Levels old_levels = LevelsIn(before, section);
    const Levels new_levels = LevelsIn(event_, section);
    for (const auto& [key, level] : old_levels) {
      if (level > own && !Has(new_levels, key, level)) {
        return Reject({at_.power_levels, at_.entries_before, 1},
                      "The level to be changed is above the sender's");
      }
    }
    for (const auto& [key, level] : new_levels) {
      if (level > own && !Has(old_levels, key, level)) {
        return Reject({at_.power_levels, at_.entries_after, 1},
                      "The new level is above the sender's");
      }
    }
  }
  return std::nullopt;
}

std::optional<AuthVerdict> AuthCheck::UserChanges(const Pdu& before) const {
  const int64_t own = SenderLevel();
  const Levels old_levels = LevelsIn(before, "users");
  const Levels new_levels = LevelsIn(event_, "users");
  for (const auto& [user, level] : old_levels) {
    if (user != sender_ && level >= own && !Has(new_levels, user, level)) {
      return Reject({at_.power_levels, at_.users_before, 1},
                    "The user's level is not below the sender's");
    }
  }
  for (const auto& [user, level] : new_levels) {
    if (level > own && !Has(old_levels, user, level)) {
      return Reject({at_.power_levels, at_.users_after, 1}, "The new level is above the sender's");
    }
  }
  return std::nullopt;
}

}  // namespace parley::event
