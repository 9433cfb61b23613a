#include "services/accounts/push_rules.h"

#include "common/push_rules/paths.h"
#include "common/push_rules/rule_set.h"
#include "common/status/macros.h"
#include "services/accounts/tables/account.h"

namespace parley::accounts {
namespace {

push_rules::Path ToPath(const v1::PushRulePath& path) {
  return {path.scope(), path.kind(), path.rule_id(), path.attribute()};
}

}  // namespace

absl::StatusOr<json::Object> PushRules::Get(const UserId& user, const v1::PushRulePath& path) {
  std::string changes;
  {
    PARLEY_TRY(const LockedAccount account, deps_.accounts.LockExisting(user));
    changes = account->push_rules;
  }
  PARLEY_TRY(const auto rules, push_rules::RuleSet::Load(changes));
  return push_rules::Get(rules, ToPath(path), user.str());
}

absl::Status PushRules::Change(const UserId& user, absl::FunctionRef<absl::Status(push_rules::RuleSet&)> change) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  PARLEY_TRY(auto rules, push_rules::RuleSet::Load(account->push_rules));
  PARLEY_RETURN_IF_ERROR(change(rules));
  std::string changes = rules.Changes();
  if (changes == account->push_rules) return absl::OkStatus();
  PARLEY_TRY(const int64_t position, deps_.changes.Commit(account, [&](store::Batch& batch, int64_t at) {
    tables::SetPushRules(batch, *account, changes, at);
  }));
  account->push_rules = std::move(changes);
  account->push_rules_position = account->last_change = position;
  return absl::OkStatus();
}

absl::Status PushRules::Set(const UserId& user, const v1::SetPushRuleRequest& request) {
  return Change(user, [&](push_rules::RuleSet& rules) {
    return push_rules::Set(rules, ToPath(request.path()), request.body(), request.before(), request.after());
  });
}

absl::Status PushRules::Delete(const UserId& user, const v1::PushRulePath& path) {
  return Change(user, [&](push_rules::RuleSet& rules) { return push_rules::Remove(rules, ToPath(path)); });
}

absl::Status PushRules::FollowUpgrade(const UserId& user, const std::string& from_room, const std::string& to_room) {
  return Change(user, [&](push_rules::RuleSet& rules) {
    rules.FollowUpgrade(from_room, to_room);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::string> PushRulesContent(const Account& account) {
  PARLEY_TRY(const auto rules, push_rules::RuleSet::Load(account.push_rules));
  return json::Serialize(json::Object{{"global", rules.ToJson(account.id.str())}});
}

}  // namespace parley::accounts
