#include "common/push_rules/condition.h"

#include <algorithm>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>

#include "common/base/strings.h"
#include "common/json/path.h"
#include "common/push_rules/rule.h"

namespace parley::push_rules {
namespace {

constexpr int64_t kDefaultNotificationLevel = 50;

bool IsPlainAscii(std::string_view pattern) {
  return std::all_of(pattern.begin(), pattern.end(),
                     [](char c) { return absl::ascii_isascii(c) && c != '*' && c != '?'; });
}

bool IsScalar(const json::Value& value) {
  return value.is_string() || value.is_int() || value.is_bool() || value.is_null();
}

bool IsText(const json::Value& wanted, std::string_view text, std::string_view user_id) {
  const std::string* string = wanted.AsString();
  return string != nullptr && text == (*string == kOwnUserId ? user_id : *string);
}

bool IsValue(const json::Value& wanted, const json::Value& value, std::string_view user_id) {
  const std::string* text = value.AsString();
  return text != nullptr ? IsText(wanted, *text, user_id) : value == wanted;
}

}  // namespace

Property::Property(std::string_view path) {
  std::vector<std::string> names = json::ParsePath(path);
  field_ = FieldOf(names);
  if (field_ != Field::kContent) return;
  names.erase(names.begin());
  is_body_ = names.size() == 1 && names.front() == "body";
  names_ = std::move(names);
}

Property::Field Property::FieldOf(const std::vector<std::string>& names) {
  if (names.front() == "content") return names.size() > 1 ? Field::kContent : Field::kNone;
  if (names.size() > 1) return Field::kNone;
  if (names.front() == "type") return Field::kType;
  if (names.front() == "sender") return Field::kSender;
  if (names.front() == "room_id") return Field::kRoomId;
  if (names.front() == "event_id") return Field::kEventId;
  return names.front() == "state_key" ? Field::kStateKey : Field::kNone;
}

std::optional<std::string_view> Property::Text(const EventView& event) const {
  switch (field_) {
    case Field::kType:
      return event.type;
    case Field::kSender:
      return event.sender;
    case Field::kRoomId:
      return event.room_id;
    case Field::kEventId:
      return event.event_id;
    case Field::kStateKey:
      return event.state_key;
    case Field::kNone:
      return std::nullopt;
    case Field::kContent:
      break;
  }
  const json::Value* value = InContent(event);
  const std::string* text = value == nullptr ? nullptr : value->AsString();
  return text == nullptr ? std::nullopt : std::optional<std::string_view>(*text);
}

const json::Value* Property::InContent(const EventView& event) const {
  return field_ == Field::kContent ? json::FindAt(*event.content, names_) : nullptr;
}

Condition Condition::Compile(const json::Object& condition) {
  const std::string_view kind = json::StringOr(condition, "kind", "");
  if (kind == "event_match") return Condition(CompileEventMatch(condition));
  if (kind == "event_property_is") return Condition(CompileProperty<PropertyIs>(condition));
  if (kind == "event_property_contains") {
    return Condition(CompileProperty<PropertyContains>(condition));
  }
  if (kind == "contains_display_name") {
    return Condition(ContainsDisplayName{Property("content.body")});
  }
  if (kind == "room_member_count") return Condition(CompileMemberCount(condition));
  const std::string* key = json::FindString(condition, "key");
  if (kind == "sender_notification_permission" && key != nullptr) {
    return Condition(SenderMayNotify{*key});
  }
  return Condition(Never());
}

Condition Condition::EventMatch(std::string_view path, std::string_view pattern) {
  TextMatches condition{Property(path), std::string(pattern), std::nullopt, pattern == kOwnUserId};
  const bool needs_glob = condition.property.IsBody() || !IsPlainAscii(pattern);
  if (needs_glob && !condition.is_own_user_id) condition.glob.emplace(pattern);
  return Condition(std::move(condition));
}

Condition Condition::TextIs(std::string_view path, std::string_view text) {
  return Condition(PropertyIs{Property(path), text});
}

Condition::Kinds Condition::CompileEventMatch(const json::Object& condition) {
  const std::string* key = json::FindString(condition, "key");
  const std::string* pattern = json::FindString(condition, "pattern");
  if (key == nullptr || pattern == nullptr) return Never();
  return EventMatch(*key, *pattern).kind_;
}

template <class Kind>
Condition::Kinds Condition::CompileProperty(const json::Object& condition) {
  const std::string* key = json::FindString(condition, "key");
  const json::Value* value = condition.Find("value");
  if (key == nullptr || value == nullptr || !IsScalar(*value)) return Never();
  return Kind{Property(*key), *value};
}

Condition::Kinds Condition::CompileMemberCount(const json::Object& condition) {
  std::string_view is = json::StringOr(condition, "is", "");
  constexpr std::pair<std::string_view, Comparison> kPrefixes[] = {
      {"==", Comparison::kEqual},
      {"<=", Comparison::kLessOrEqual},
      {">=", Comparison::kGreaterOrEqual},
      {"<", Comparison::kLess},
      {">", Comparison::kGreater}};
  MemberCount result{Comparison::kEqual, 0};
  for (const auto& [prefix, comparison] : kPrefixes) {
    if (!is.starts_with(prefix)) continue;
    result.comparison = comparison;
    is.remove_prefix(prefix.size());
    break;
  }
  const bool is_number = !is.empty() && std::all_of(is.begin(), is.end(), absl::ascii_isdigit);
  if (!is_number || !absl::SimpleAtoi(Abs(is), &result.count)) return Never();
  return result;
}

bool Condition::Holds(const EventView& event, const RoomView& room,
                      std::string_view user_id) const {
  const Facts facts{event, room, user_id};
  return std::visit([&facts](const auto& kind) { return Holds(kind, facts); }, kind_);
}

bool Condition::Holds(const Never&, const Facts&) {
  return false;
}

bool Condition::Holds(const TextMatches& condition, const Facts& facts) {
  const auto text = condition.property.Text(facts.event);
  if (!text) return false;
  if (condition.is_own_user_id) return *text == facts.user_id;
  if (!condition.glob) return absl::EqualsIgnoreCase(Abs(*text), Abs(condition.text));
  return condition.property.IsBody() ? condition.glob->MatchesWords(*text)
                                     : condition.glob->Matches(*text);
}

bool Condition::Holds(const PropertyIs& condition, const Facts& facts) {
  if (const auto text = condition.property.Text(facts.event)) {
    return IsText(condition.value, *text, facts.user_id);
  }
  const json::Value* value = condition.property.InContent(facts.event);
  return value != nullptr && IsScalar(*value) && *value == condition.value;
}

bool Condition::Holds(const PropertyContains& condition, const Facts& facts) {
  const json::Value* value = condition.property.InContent(facts.event);
  const json::Array* array = value == nullptr ? nullptr : value->AsArray();
  return array != nullptr &&
         std::any_of(array->begin(), array->end(), [&](const json::Value& element) {
           return IsValue(condition.value, element, facts.user_id);
         });
}

bool Condition::Holds(const ContainsDisplayName& condition, const Facts& facts) {
  const auto body = condition.body.Text(facts.event);
  return body && !facts.room.display_name.empty() &&
         pattern::Glob::Literal(facts.room.display_name).MatchesWords(*body);
}

bool Condition::Holds(const MemberCount& condition, const Facts& facts) {
  const int64_t count = facts.room.member_count;
  switch (condition.comparison) {
    case Comparison::kEqual:
      return count == condition.count;
    case Comparison::kLess:
      return count < condition.count;
    case Comparison::kGreater:
      return count > condition.count;
    case Comparison::kLessOrEqual:
      return count <= condition.count;
    case Comparison::kGreaterOrEqual:
      return count >= condition.count;
  }
  return false;
}

bool Condition::Holds(const SenderMayNotify& condition, const Facts& facts) {
  const json::Object* levels = facts.room.notification_levels;
  const int64_t needed = levels == nullptr
                             ? kDefaultNotificationLevel
                             : json::IntOr(*levels, condition.key, kDefaultNotificationLevel);
  return facts.room.sender_power_level >= needed;
}

}  // namespace parley::push_rules
