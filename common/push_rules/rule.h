#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "common/json/value.h"

namespace parley::push_rules {

// In the order in which they are checked.
enum class Kind { kOverride, kContent, kRoom, kSender, kUnderride };
inline constexpr std::array kKinds = {Kind::kOverride, Kind::kContent, Kind::kRoom, Kind::kSender,
                                      Kind::kUnderride};

std::string_view NameOf(Kind kind);
std::optional<Kind> ParseKind(std::string_view name);

// Stands for the user's own id in the conditions of default rules, so that all users share them. No
// JSON text of a client can be mistaken for it: it isn't valid UTF-8.
inline constexpr std::string_view kOwnUserId =
    "\xff"
    "own user id";

struct Rule {
  std::string id;
  bool is_default = false;
  bool enabled = true;
  json::Array actions;
  json::Array conditions;  // override and underride only
  std::string pattern;     // content only
};

// The rule as clients see it, with `user_id` in the place of kOwnUserId.
json::Object ToJson(Kind kind, const Rule& rule, std::string_view user_id);

// The actions in `body`. The historical `dont_notify` and `coalesce` are kept and do nothing.
// M_MISSING_PARAM, M_BAD_JSON.
absl::StatusOr<json::Array> ParseActions(const json::Object& body);

// A user's own rule from the body of a PUT. M_INVALID_PARAM for a reserved or malformed id,
// M_MISSING_PARAM, M_BAD_JSON. Conditions of unknown kinds are kept; they match nothing.
absl::StatusOr<Rule> ParseRule(Kind kind, std::string_view rule_id, const json::Object& body);

}  // namespace parley::push_rules
