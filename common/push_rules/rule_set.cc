#include "common/push_rules/rule_set.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/push_rules/default_rules.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::push_rules {
namespace {

constexpr std::string_view kDefaults = "defaults";

template <class Rules>
auto FindRule(Rules& rules, std::string_view id) {
  return std::find_if(rules.begin(), rules.end(), [id](const Rule& rule) { return rule.id == id; });
}

absl::Status NoSuchRule() {
  return NotFound("The push rule was not found");
}

// Differences of a default rule, by name of its members; empty if there are none.
json::Object DifferenceOf(const Rule& rule, const Rule& pristine) {
  json::Object difference;
  if (rule.enabled != pristine.enabled) difference.Append("enabled", rule.enabled);
  if (rule.actions != pristine.actions) difference.Append("actions", rule.actions);
  return difference;
}

json::Object StoredForm(const Rule& rule) {
  json::Object object{{"id", rule.id}, {"actions", rule.actions}};
  if (!rule.enabled) object.Append("enabled", false);
  if (!rule.conditions.empty()) object.Append("conditions", rule.conditions);
  if (!rule.pattern.empty()) object.Append("pattern", rule.pattern);
  return object;
}

json::Array ArrayOr(const json::Object& object, std::string_view key, const json::Array& fallback) {
  const json::Array* array = json::FindArray(object, key);
  return array == nullptr ? fallback : *array;
}

Rule FromStoredForm(const json::Object& object) {
  Rule rule;
  rule.id = json::StringOr(object, "id", "");
  rule.enabled = json::BoolOr(object, "enabled", true);
  rule.actions = ArrayOr(object, "actions", {});
  rule.conditions = ArrayOr(object, "conditions", {});
  rule.pattern = json::StringOr(object, "pattern", "");
  return rule;
}

}  // namespace

RuleSet::RuleSet() {
  for (const Kind kind : kKinds) defaults(kind) = DefaultRules(kind);
}

absl::StatusOr<RuleSet> RuleSet::Load(std::string_view changes) {
  RuleSet set;
  if (changes.empty()) return set;
  const auto parsed = json::ParseObject(changes);
  if (!parsed.ok()) return absl::DataLossError("stored push rules are no JSON");
  PARLEY_RETURN_IF_ERROR(set.LoadOwn(*parsed));
  set.LoadDefaults(*parsed);
  return set;
}

absl::Status RuleSet::LoadOwn(const json::Object& changes) {
  for (const Kind kind : kKinds) {
    const json::Array* rules = json::FindArray(changes, NameOf(kind));
    if (rules == nullptr) continue;
    for (const json::Value& rule : *rules) {
      if (!rule.is_object()) return absl::DataLossError("a stored push rule is no object");
      own(kind).push_back(FromStoredForm(*rule.AsObject()));
    }
  }
  return absl::OkStatus();
}

void RuleSet::LoadDefaults(const json::Object& changes) {
  const json::Object* differences = json::FindObject(changes, kDefaults);
  if (differences == nullptr) return;
  for (Rules& rules : defaults_) {
    for (Rule& rule : rules) {
      const json::Object* difference = json::FindObject(*differences, rule.id);
      if (difference == nullptr) continue;
      rule.enabled = json::BoolOr(*difference, "enabled", rule.enabled);
      rule.actions = ArrayOr(*difference, "actions", rule.actions);
    }
  }
}

std::string RuleSet::Changes() const {
  json::Object changes;
  json::Object differences;
  for (const Kind kind : kKinds) {
    json::Array rules;
    for (const Rule& rule : own(kind)) rules.push_back(StoredForm(rule));
    if (!rules.empty()) changes.Append(std::string(NameOf(kind)), std::move(rules));
    for (size_t i = 0; i < defaults(kind).size(); ++i) {
      json::Object difference = DifferenceOf(defaults(kind)[i], DefaultRules(kind)[i]);
      if (!difference.empty()) differences.Append(defaults(kind)[i].id, std::move(difference));
    }
  }
  if (!differences.empty()) changes.Append(std::string(kDefaults), std::move(differences));
  return changes.empty() ? "" : json::Serialize(changes);
}

json::Object RuleSet::ToJson(std::string_view user_id) const {
  json::Object object;
  for (const Kind kind : kKinds) {
    json::Array rules;
    for (const Rule* rule : InOrder(kind)) {
      rules.push_back(push_rules::ToJson(kind, *rule, user_id));
    }
    object.Append(std::string(NameOf(kind)), std::move(rules));
  }
  return object;
}

const Rule* RuleSet::Find(Kind kind, std::string_view rule_id) const {
  const Rules& rules = rule_id.starts_with('.') ? defaults(kind) : own(kind);
  const auto it = FindRule(rules, rule_id);
  return it == rules.end() ? nullptr : &*it;
}

Rule* RuleSet::FindToChange(Kind kind, std::string_view rule_id) {
  return const_cast<Rule*>(Find(kind, rule_id));
}

std::vector<const Rule*> RuleSet::InOrder(Kind kind) const {
  std::vector<const Rule*> rules;
  const auto is_master = [](const Rule& rule) { return rule.id == kMasterRule; };
  for (const Rule& rule : defaults(kind)) {
    if (is_master(rule)) rules.push_back(&rule);
  }
  for (const Rule& rule : own(kind)) rules.push_back(&rule);
  for (const Rule& rule : defaults(kind)) {
    if (!is_master(rule)) rules.push_back(&rule);
  }
  return rules;
}

absl::Status RuleSet::Put(Kind kind, Rule rule, std::string_view before, std::string_view after) {
  const std::string_view anchor = before.empty() ? after : before;
  Rules& rules = own(kind);
  if (!anchor.empty() && FindRule(rules, anchor) == rules.end()) {
    return Matrix(400, "M_UNKNOWN", StrCat("before/after rule not found: ", anchor));
  }
  const auto present = FindRule(rules, rule.id);
  const bool is_new = present == rules.end();
  if (!is_new) rule.enabled = present->enabled;
  if (!is_new && (anchor.empty() || anchor == rule.id)) {
    *present = std::move(rule);
    return absl::OkStatus();
  }
  if (!is_new) rules.erase(present);
  auto place = rules.begin();
  if (!anchor.empty()) place = FindRule(rules, anchor) + (before.empty() ? 1 : 0);
  rules.insert(place, std::move(rule));
  return absl::OkStatus();
}

absl::Status RuleSet::SetEnabled(Kind kind, std::string_view rule_id, bool enabled) {
  Rule* rule = FindToChange(kind, rule_id);
  if (rule == nullptr) return NoSuchRule();
  rule->enabled = enabled;
  return absl::OkStatus();
}

absl::Status RuleSet::SetActions(Kind kind, std::string_view rule_id, json::Array actions) {
  Rule* rule = FindToChange(kind, rule_id);
  if (rule == nullptr) return NoSuchRule();
  rule->actions = std::move(actions);
  return absl::OkStatus();
}

absl::Status RuleSet::Delete(Kind kind, std::string_view rule_id) {
  const auto it = FindRule(own(kind), rule_id);
  if (it == own(kind).end()) return NoSuchRule();
  own(kind).erase(it);
  return absl::OkStatus();
}

void RuleSet::FollowUpgrade(std::string_view old_room_id, std::string_view new_room_id) {
  const Rule* old_rule = Find(Kind::kRoom, old_room_id);
  if (old_rule == nullptr || Find(Kind::kRoom, new_room_id) != nullptr) return;
  Rule rule = *old_rule;
  rule.id = std::string(new_room_id);
  own(Kind::kRoom).insert(own(Kind::kRoom).begin(), std::move(rule));
}

}  // namespace parley::push_rules
