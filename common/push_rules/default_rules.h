#pragma once

#include <vector>

#include "common/push_rules/rule.h"

namespace parley::push_rules {

// The server-default rules of a kind, in the specification's order (Client-Server API, "Predefined
// Rules"; those of v1.19). Lives as long as the process.
const std::vector<Rule>& DefaultRules(Kind kind);

// The one default rule that comes before a user's own.
inline constexpr std::string_view kMasterRule = ".m.rule.master";

}  // namespace parley::push_rules
