#include "services/gateway/federation/remote_keys.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/status/macros.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/gateway/config.h"
#include "services/gateway/federation/ask.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

constexpr int64_t kDefaultTimeoutMs = 10'000;
constexpr int64_t kLongestTimeoutMs = 20'000;

using ByServer = std::map<std::string, json::Object>;

// What a request asks of each other server; what stays in `own` is for `accounts` to answer or to
// refuse.
ByServer TakeOthers(const Deps& deps, const json::Object& users, json::Object& own) {
  ByServer others;
  for (const auto& [id, wanted] : users) {
    const auto user = UserId::Parse(id);
    if (user.ok() && user->server_name() != deps.config.server_name) {
      others[std::string(user->server_name())].Append(id, wanted);
    } else {
      own.Append(id, wanted);
    }
  }
  return others;
}

json::Object Failure(const absl::Status&) {
  return {
      {"errcode", "M_UNREACHABLE"}, {"error", "The server could not be asked"}, {"status", 503}};
}

// Devices under their own names, of this user.
json::Object Checked(const std::string& user, const json::Object& devices) {
  json::Object checked;
  for (const auto& [device_id, keys] : devices) {
    if (!keys.is_object()) continue;
    const bool is_his = json::StringOr(*keys.AsObject(), "user_id", "") == user;
    if (is_his && json::StringOr(*keys.AsObject(), "device_id", "") == device_id)
      checked.Append(device_id, keys);
  }
  return checked;
}

// Adds `of_user` under `user` to the member of `answer`.
void Add(json::Object& answer, std::string_view member, const std::string& user,
         json::Value of_user) {
  if (answer.Find(member) == nullptr) answer.Set(member, json::Object());
  json::Value* users = answer.Find(member);
  if (json::Object* object = users->AsObject()) object->Set(user, std::move(of_user));
}

void MergeKeys(const json::Object& asked, const json::Object& told, json::Object& answer) {
  for (const auto& [user, devices] : asked) {
    if (const json::Object* all = json::FindObject(told, "device_keys")) {
      if (const json::Object* keys = json::FindObject(*all, user))
        Add(answer, "device_keys", user, Checked(user, *keys));
    }
    for (const std::string_view member : {"master_keys", "self_signing_keys"}) {
      const json::Object* all = json::FindObject(told, member);
      const json::Object* key = all ? json::FindObject(*all, user) : nullptr;
      if (key != nullptr && json::StringOr(*key, "user_id", "") == user)
        Add(answer, member, user, *key);
    }
  }
}

void MergeClaimed(const json::Object& asked, const json::Object& told, json::Object& answer) {
  const json::Object* all = json::FindObject(told, "one_time_keys");
  if (all == nullptr) return;
  for (const auto& [user, devices] : asked) {
    const json::Object* given = json::FindObject(*all, user);
    if (given == nullptr || !devices.is_object()) continue;
    json::Object claimed;
    for (const auto& [device_id, algorithm] : *devices.AsObject()) {
      if (const json::Object* key = json::FindObject(*given, device_id))
        claimed.Append(device_id, *key);
    }
    Add(answer, "one_time_keys", user, std::move(claimed));
  }
}

struct Kind {
  std::string member;
  std::string path;
  BodyMethod own;
  void (*merge)(const json::Object& asked, const json::Object& told, json::Object& answer);
};

absl::Duration TimeoutOf(const json::Object& body) {
  return absl::Milliseconds(
      std::clamp<int64_t>(json::IntOr(body, "timeout", kDefaultTimeoutMs), 0, kLongestTimeoutMs));
}

void AskOthers(const Deps& deps, RequestContext& context, const Kind& kind, const ByServer& others,
               absl::Duration timeout, json::Object& answer) {
  std::vector<Question> questions;
  for (const auto& [server, users] : others) {
    questions.push_back({.destination = server,
                         .method = "POST",
                         .path = kind.path,
                         .body = json::Serialize(json::Object{{kind.member, users}})});
  }
  const auto told = AskAll(deps.federation, context.call(), questions, timeout);
  size_t i = 0;
  for (const auto& [server, users] : others) {
    if (told[i].ok()) kind.merge(users, *told[i], answer);
    if (!told[i].ok()) Add(answer, "failures", server, Failure(told[i].status()));
    ++i;
  }
}

absl::StatusOr<HttpAnswer> Answer(const Deps& deps, RequestContext& context, const Kind& kind) {
  PARLEY_TRY(accounts::BodyRequest request, ToBodyRequest(context));
  PARLEY_TRY(const json::Object* body, context.Body());
  json::Object own;
  ByServer others;
  if (const json::Object* users = json::FindObject(*body, kind.member))
    others = TakeOthers(deps, *users, own);
  if (others.empty()) return ToAnswer((deps.accounts.*kind.own)(context.call(), request));
  json::Object own_body = *body;
  own_body.Set(kind.member, std::move(own));
  request.set_body(json::Serialize(own_body));
  PARLEY_TRY(const auto response, (deps.accounts.*kind.own)(context.call(), request));
  PARLEY_TRY(json::Object answer, json::ParseObject(response.json()));
  AskOthers(deps, context, kind, others, TimeoutOf(*body), answer);
  return JsonAnswer(answer);
}

}  // namespace

absl::StatusOr<HttpAnswer> QueryKeys(const Deps& deps, RequestContext& context) {
  return Answer(deps, context,
                {.member = "device_keys",
                 .path = "/_matrix/federation/v1/user/keys/query",
                 .own = &accounts::AccountsService::QueryKeys,
                 .merge = MergeKeys});
}

absl::StatusOr<HttpAnswer> ClaimKeys(const Deps& deps, RequestContext& context) {
  return Answer(deps, context,
                {.member = "one_time_keys",
                 .path = "/_matrix/federation/v1/user/keys/claim",
                 .own = &accounts::AccountsService::ClaimKeys,
                 .merge = MergeClaimed});
}

}  // namespace parley::gateway
