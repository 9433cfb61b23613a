#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/json/value.h"
#include "common/push_rules/condition.h"
#include "common/push_rules/rule_set.h"
#include "common/push_rules/views.h"

namespace parley::push_rules {

// What an event means to a user.
struct Outcome {
  bool notify = false;
  bool highlight = false;  // only with notify
  // The actions of the rule that matched, with its tweaks, for pushers and /notifications; null if
  // none matched. Lives as long as the CompiledRules.
  const json::Array* actions = nullptr;
};

// A user's enabled rules, ready to be evaluated. Immutable. Threads: safe from any. Users without
// changes share one (Defaults).
class CompiledRules {
 public:
  explicit CompiledRules(const RuleSet& rules);

  // The default rules; lives as long as the process.
  static const std::shared_ptr<const CompiledRules>& Defaults();

  // The first rule that matches decides. A user's own events never notify. Pure: no clock, no I/O.
  Outcome Evaluate(const EventView& event, const RoomView& room, std::string_view user_id) const;

 private:
  struct CompiledRule {
    std::vector<Condition> conditions;
    bool notify = false;
    bool highlight = false;
    json::Array actions;
  };

  static CompiledRule Compile(Kind kind, const Rule& rule);

  std::vector<CompiledRule> rules_;
};

}  // namespace parley::push_rules
