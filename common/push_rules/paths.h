#pragma once

#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/push_rules/rule_set.h"

namespace parley::push_rules {

// What stands behind /pushrules/ in a request; parts are given from the left, the others are empty.
struct Path {
  std::string_view scope;  // global
  std::string_view kind;   // override, content, room, sender, underride
  std::string_view rule_id;
  std::string_view attribute;  // enabled, actions
};

// GET: the answer's body. M_NOT_FOUND for a rule that there isn't, M_UNRECOGNIZED (404) for a
// scope, kind or attribute that the specification doesn't have.
absl::StatusOr<json::Object> Get(const RuleSet& rules, const Path& path, std::string_view user_id);

// PUT of a rule or of an attribute. `before` and `after` are the query parameters. The errors of
// ParseRule and RuleSet::Put; M_TOO_LARGE when the user's changes would pass 64 KiB, the set is
// unchanged then.
absl::Status Set(RuleSet& rules, const Path& path, std::string_view body, std::string_view before,
                 std::string_view after);

// DELETE of a rule.
absl::Status Remove(RuleSet& rules, const Path& path);

}  // namespace parley::push_rules
