#include "common/push_rules/evaluator.h"

#include <algorithm>

namespace parley::push_rules {
namespace {

bool Notifies(const json::Array& actions) {
  return std::any_of(actions.begin(), actions.end(), [](const json::Value& action) {
    return action.is_string() && *action.AsString() == "notify";
  });
}

// A highlight tweak without a value means true.
bool Highlights(const json::Array& actions) {
  return std::any_of(actions.begin(), actions.end(), [](const json::Value& action) {
    const json::Object* tweak = action.AsObject();
    if (tweak == nullptr || json::StringOr(*tweak, "set_tweak", "") != "highlight") return false;
    const json::Value* value = tweak->Find("value");
    return value == nullptr || *value == json::Value(true);
  });
}

std::vector<Condition> ConditionsOf(Kind kind, const Rule& rule) {
  std::vector<Condition> conditions;
  switch (kind) {
    case Kind::kContent:
      conditions.push_back(Condition::EventMatch("content.body", rule.pattern));
      break;
    case Kind::kRoom:
      conditions.push_back(Condition::TextIs("room_id", rule.id));
      break;
    case Kind::kSender:
      conditions.push_back(Condition::TextIs("sender", rule.id));
      break;
    case Kind::kOverride:
    case Kind::kUnderride:
      for (const json::Value& condition : rule.conditions) {
        const json::Object* object = condition.AsObject();
        conditions.push_back(Condition::Compile(object ? *object : json::Object()));
      }
  }
  return conditions;
}

}  // namespace

CompiledRules::CompiledRules(const RuleSet& rules) {
  for (const Kind kind : kKinds) {
    for (const Rule* rule : rules.InOrder(kind)) {
      if (rule->enabled) rules_.push_back(Compile(kind, *rule));
    }
  }
}

CompiledRules::CompiledRule CompiledRules::Compile(Kind kind, const Rule& rule) {
  const bool notify = Notifies(rule.actions);
  return {ConditionsOf(kind, rule), notify, notify && Highlights(rule.actions), rule.actions};
}

const std::shared_ptr<const CompiledRules>& CompiledRules::Defaults() {
  static const auto* const kDefaults =
      new std::shared_ptr<const CompiledRules>(std::make_shared<const CompiledRules>(RuleSet()));
  return *kDefaults;
}

Outcome CompiledRules::Evaluate(const EventView& event, const RoomView& room,
                                std::string_view user_id) const {
  if (event.sender == user_id) return {};
  for (const CompiledRule& rule : rules_) {
    const bool matches =
        std::all_of(rule.conditions.begin(), rule.conditions.end(),
                    [&](const Condition& c) { return c.Holds(event, room, user_id); });
    if (matches) return {rule.notify, rule.highlight, &rule.actions};
  }
  return {};
}

}  // namespace parley::push_rules
