#include "common/push_rules/paths.h"

#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::push_rules {
namespace {

constexpr size_t kMaxChangesBytes = 64 * 1024;

absl::Status NoSuchPath() {
  return Unrecognized("No such scope, kind or attribute of push rules");
}

absl::StatusOr<Kind> KindOf(const Path& path) {
  const auto kind = ParseKind(path.kind);
  if (path.scope != "global" || !kind) return NoSuchPath();
  return *kind;
}

absl::StatusOr<json::Object> GetAttribute(const Rule& rule, std::string_view attribute) {
  if (attribute == "enabled") return json::Object{{"enabled", rule.enabled}};
  if (attribute == "actions") return json::Object{{"actions", rule.actions}};
  return NoSuchPath();
}

absl::StatusOr<json::Object> GetBelowScope(const RuleSet& rules, const Path& path,
                                           std::string_view user_id) {
  PARLEY_TRY(const Kind kind, KindOf(path));
  if (path.rule_id.empty()) {
    json::Object all = rules.ToJson(user_id);
    return json::Object{{std::string(NameOf(kind)), std::move(*all.Find(NameOf(kind)))}};
  }
  const Rule* rule = rules.Find(kind, path.rule_id);
  if (rule == nullptr) return NotFound("The push rule was not found");
  if (path.attribute.empty()) return ToJson(kind, *rule, user_id);
  return GetAttribute(*rule, path.attribute);
}

absl::Status SetEnabled(RuleSet& rules, Kind kind, const Path& path, const json::Object& body) {
  const json::Value* enabled = body.Find("enabled");
  if (enabled == nullptr) return MissingParam("'enabled' is missing");
  if (!enabled->is_bool()) return BadJson("'enabled' is a boolean");
  return rules.SetEnabled(kind, path.rule_id, *enabled->AsBool());
}

absl::Status SetActions(RuleSet& rules, Kind kind, const Path& path, const json::Object& body) {
  PARLEY_TRY(json::Array actions, ParseActions(body));
  return rules.SetActions(kind, path.rule_id, std::move(actions));
}

absl::Status SetUnbounded(RuleSet& rules, const Path& path, std::string_view body_text,
                          std::string_view before, std::string_view after) {
  PARLEY_TRY(const Kind kind, KindOf(path));
  PARLEY_TRY(const json::Object body,
             json::ParseObject(body_text, {.max_depth = json::kMaxRequestDepth}));
  if (path.attribute == "enabled") return SetEnabled(rules, kind, path, body);
  if (path.attribute == "actions") return SetActions(rules, kind, path, body);
  if (!path.attribute.empty()) return NoSuchPath();
  PARLEY_TRY(Rule rule, ParseRule(kind, path.rule_id, body));
  return rules.Put(kind, std::move(rule), before, after);
}

}  // namespace

absl::StatusOr<json::Object> Get(const RuleSet& rules, const Path& path, std::string_view user_id) {
  if (path.scope.empty()) return json::Object{{"global", rules.ToJson(user_id)}};
  if (path.scope == "global" && path.kind.empty()) return rules.ToJson(user_id);
  return GetBelowScope(rules, path, user_id);
}

absl::Status Set(RuleSet& rules, const Path& path, std::string_view body, std::string_view before,
                 std::string_view after) {
  RuleSet changed = rules;
  PARLEY_RETURN_IF_ERROR(SetUnbounded(changed, path, body, before, after));
  if (changed.Changes().size() > kMaxChangesBytes) return TooLarge("There are too many push rules");
  rules = std::move(changed);
  return absl::OkStatus();
}

absl::Status Remove(RuleSet& rules, const Path& path) {
  PARLEY_TRY(const Kind kind, KindOf(path));
  if (!path.attribute.empty()) return NoSuchPath();
  return rules.Delete(kind, path.rule_id);
}

}  // namespace parley::push_rules
