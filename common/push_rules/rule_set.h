#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/push_rules/rule.h"

namespace parley::push_rules {

// All push rules of one user: the defaults and what the user changed. A value; made from its stored
// form for the time of a request. Threads: one at a time.
class RuleSet {
 public:
  // The defaults.
  RuleSet();
  // From what Changes() gave; empty is the defaults. DataLoss if it can't be read. Changes to
  // default rules that there are no more are dropped.
  static absl::StatusOr<RuleSet> Load(std::string_view changes);

  // The stored form: JSON of what differs from the defaults; empty if nothing does.
  std::string Changes() const;

  // {"override":[…],…}: the value of `global`, in order of priority.
  json::Object ToJson(std::string_view user_id) const;

  // Null if there's no such rule. Valid until the set changes.
  const Rule* Find(Kind kind, std::string_view rule_id) const;
  // Those of a kind, most important first. Valid until the set changes.
  std::vector<const Rule*> InOrder(Kind kind) const;

  // Adds or replaces a rule of the user's (made by ParseRule). `before` and `after` name other
  // rules of the user's, or are empty; `before` counts if both are there. A rule that was there
  // keeps its place (unless one is named) and whether it is enabled; a new one comes first.
  // M_UNKNOWN (400) if the named rule does not exist.
  absl::Status Put(Kind kind, Rule rule, std::string_view before, std::string_view after);

  // M_NOT_FOUND if there's no such rule.
  absl::Status SetEnabled(Kind kind, std::string_view rule_id, bool enabled);
  absl::Status SetActions(Kind kind, std::string_view rule_id, json::Array actions);
  // M_NOT_FOUND also for default rules, which can't be deleted.
  absl::Status Delete(Kind kind, std::string_view rule_id);

  // After a room upgrade, a rule for the old room applies to the new one too, unless that has one.
  void FollowUpgrade(std::string_view old_room_id, std::string_view new_room_id);

 private:
  using Rules = std::vector<Rule>;

  Rules& own(Kind kind) { return own_[static_cast<size_t>(kind)]; }
  const Rules& own(Kind kind) const { return own_[static_cast<size_t>(kind)]; }
  Rules& defaults(Kind kind) { return defaults_[static_cast<size_t>(kind)]; }
  const Rules& defaults(Kind kind) const { return defaults_[static_cast<size_t>(kind)]; }
  Rule* FindToChange(Kind kind, std::string_view rule_id);
  absl::Status LoadOwn(const json::Object& changes);
  void LoadDefaults(const json::Object& changes);

  std::array<Rules, 5> own_;
  std::array<Rules, 5> defaults_;
};

}  // namespace parley::push_rules
