#include "common/push_rules/rule.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::push_rules {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"override", "content", "room", "sender",
                                                    "underride"};
constexpr size_t kMaxIdBytes = 1024;
constexpr size_t kMaxPatternBytes = 1024;

bool HasConditions(Kind kind) {
  return kind == Kind::kOverride || kind == Kind::kUnderride;
}

json::Value WithUserId(const json::Value& value, std::string_view user_id) {
  if (const std::string* text = value.AsString()) {
    return *text == kOwnUserId ? json::Value(user_id) : value;
  }
  const json::Object* object = value.AsObject();
  if (object == nullptr) return value;
  json::Object copy;
  for (const auto& [key, member] : *object) copy.Append(key, WithUserId(member, user_id));
  return copy;
}

absl::Status CheckRuleId(std::string_view id) {
  if (id.empty() || id.size() > kMaxIdBytes) return InvalidParam("A rule id is empty or too long");
  if (id.starts_with('.')) return InvalidParam("Rule ids that begin with a dot are the server's");
  if (id.find_first_of("/\\") != id.npos) return InvalidParam("A rule id can't hold a slash");
  return absl::OkStatus();
}

absl::StatusOr<json::Array> ParseConditions(const json::Object& body) {
  const json::Value* given = body.Find("conditions");
  if (given == nullptr) return json::Array();
  const json::Array* conditions = given->AsArray();
  const bool is_valid =
      conditions != nullptr &&
      std::all_of(conditions->begin(), conditions->end(), [](const json::Value& condition) {
        return condition.is_object() && json::FindString(*condition.AsObject(), "kind") != nullptr;
      });
  if (!is_valid) return BadJson("'conditions' is a list of objects with a 'kind'");
  return *conditions;
}

absl::StatusOr<std::string> ParsePattern(const json::Object& body) {
  const json::Value* pattern = body.Find("pattern");
  if (pattern == nullptr) return MissingParam("A content rule needs a 'pattern'");
  if (!pattern->is_string()) return BadJson("'pattern' is a string");
  if (pattern->AsString()->size() > kMaxPatternBytes) return InvalidParam("'pattern' is too long");
  return *pattern->AsString();
}

bool IsHistorical(const json::Value& action) {
  const std::string* name = action.AsString();
  return name != nullptr && (*name == "dont_notify" || *name == "coalesce");
}

bool IsAction(const json::Value& action) {
  if (const std::string* name = action.AsString()) return *name == "notify";
  return action.is_object() && json::FindString(*action.AsObject(), "set_tweak") != nullptr;
}

}  // namespace

std::string_view NameOf(Kind kind) {
  return kNames[static_cast<size_t>(kind)];
}

std::optional<Kind> ParseKind(std::string_view name) {
  for (const Kind kind : kKinds) {
    if (NameOf(kind) == name) return kind;
  }
  return std::nullopt;
}

json::Object ToJson(Kind kind, const Rule& rule, std::string_view user_id) {
  json::Object object{{"actions", rule.actions},
                      {"default", rule.is_default},
                      {"enabled", rule.enabled},
                      {"rule_id", rule.id}};
  if (kind == Kind::kContent) object.Append("pattern", rule.pattern);
  if (!HasConditions(kind)) return object;
  json::Array conditions;
  for (const json::Value& condition : rule.conditions) {
    conditions.push_back(WithUserId(condition, user_id));
  }
  object.Append("conditions", std::move(conditions));
  return object;
}

absl::StatusOr<json::Array> ParseActions(const json::Object& body) {
  const json::Value* given = body.Find("actions");
  if (given == nullptr) return MissingParam("A rule needs 'actions'");
  if (!given->is_array()) return BadJson("'actions' is a list");
  json::Array actions;
  for (const json::Value& action : *given->AsArray()) {
    if (!IsAction(action) && !IsHistorical(action)) {
      return BadJson("An action is \"notify\" or an object with 'set_tweak'");
    }
    actions.push_back(action);
  }
  return actions;
}

absl::StatusOr<Rule> ParseRule(Kind kind, std::string_view rule_id, const json::Object& body) {
  PARLEY_RETURN_IF_ERROR(CheckRuleId(rule_id));
  Rule rule;
  rule.id = std::string(rule_id);
  PARLEY_TRY(rule.actions, ParseActions(body));
  if (HasConditions(kind)) {
    PARLEY_TRY(rule.conditions, ParseConditions(body));
  }
  if (kind == Kind::kContent) {
    PARLEY_TRY(rule.pattern, ParsePattern(body));
  }
  return rule;
}

}  // namespace parley::push_rules
