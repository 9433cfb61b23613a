#pragma once

#include <string>
#include <string_view>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"

namespace parley::push_rules {
class RuleSet;
}

namespace parley::accounts {

// The push rules of users: the defaults and what each has changed (Client-Server API, "Push Rules: API").
// Threads: every method may be called from any.
class PushRules {
 public:
  explicit PushRules(const Deps& deps) : deps_(deps) {}

  absl::StatusOr<json::Object> Get(const UserId& user, const v1::PushRulePath& path);
  absl::Status Set(const UserId& user, const v1::SetPushRuleRequest& request);
  absl::Status Delete(const UserId& user, const v1::PushRulePath& path);
  // Rules for a room that was upgraded go on for the new one.
  absl::Status FollowUpgrade(const UserId& user, const std::string& from_room, const std::string& to_room);

 private:
  absl::Status Change(const UserId& user, absl::FunctionRef<absl::Status(push_rules::RuleSet&)> change);

  const Deps deps_;
};

// The content of m.push_rules.
absl::StatusOr<std::string> PushRulesContent(const Account& account);

}  // namespace parley::accounts
