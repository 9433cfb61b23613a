#include "services/accounts/pushers.h"

#include <algorithm>
#include <vector>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/accounts/body.h"
#include "services/accounts/tables/pushers.h"

namespace parley::accounts {
namespace {

constexpr size_t kMaxAppIdBytes = 64;
constexpr size_t kMaxPushkeyBytes = 512;
constexpr size_t kMaxPusherBytes = 16 << 10;
constexpr size_t kMaxPushers = 100;

bool IsGatewayUrl(std::string_view url) {
  return url.starts_with("https://") && url.ends_with("/_matrix/push/v1/notify");
}

absl::Status CheckData(const json::Object& body, std::string_view kind) {
  PARLEY_TRY(const json::Object* data, RequiredObject(body, "data"));
  if (kind != "http") return absl::OkStatus();
  PARLEY_TRY(const std::string url, RequiredString(*data, "url"));
  return IsGatewayUrl(url) ? absl::OkStatus()
                           : InvalidParam("'url' must be https and end in /_matrix/push/v1/notify");
}

// What is kept of the body, and listed.
absl::StatusOr<json::Object> ReadPusher(const json::Object& body) {
  json::Object pusher;
  for (const std::string key :
       {"app_id", "pushkey", "kind", "app_display_name", "device_display_name", "lang"}) {
    PARLEY_TRY(std::string value, RequiredString(body, key));
    pusher.Set(key, std::move(value));
  }
  PARLEY_TRY(const auto profile_tag, OptionalString(body, "profile_tag"));
  if (profile_tag) pusher.Set("profile_tag", *profile_tag);
  PARLEY_RETURN_IF_ERROR(CheckData(body, *json::FindString(pusher, "kind")));
  pusher.Set("data", *json::FindObject(body, "data"));
  if (json::Serialize(pusher).size() > kMaxPusherBytes) return TooLarge("The pusher is too large");
  return pusher;
}

}  // namespace

absl::StatusOr<json::Object> Pushers::List(const UserId& user) {
  json::Array listed;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(const auto pushers,
               tables::ListPushers(reader, deps_.accounts.PartitionOfUser(user), user.str()));
    for (const tables::Pusher& pusher : pushers) {
      PARLEY_TRY(json::Object object, json::ParseObject(pusher.json));
      listed.push_back(std::move(object));
    }
    return absl::OkStatus();
  }));
  return json::Object{{"pushers", std::move(listed)}};
}

absl::StatusOr<json::Object> Pushers::Set(const rpc::Call& call,
                                          const v1::BodyRequest& request) {
  const UserId user = UserId::Trusted(request.requester().user_id());
  PARLEY_TRY(const json::Object body, ParseBody(request.body()));
  PARLEY_TRY(const std::string app_id, RequiredString(body, "app_id"));
  PARLEY_TRY(const std::string pushkey, RequiredString(body, "pushkey"));
  PARLEY_RETURN_IF_ERROR(CheckLength("app_id", app_id, kMaxAppIdBytes));
  PARLEY_RETURN_IF_ERROR(CheckLength("pushkey", pushkey, kMaxPushkeyBytes));
  const json::Value* kind = body.Find("kind");
  if (kind == nullptr) return MissingParam("Missing 'kind'");
  if (kind->is_null()) {
    PARLEY_RETURN_IF_ERROR(Remove(user, app_id, pushkey));
    return json::Object();
  }
  PARLEY_TRY(const json::Object pusher, ReadPusher(body));
  PARLEY_TRY(const bool append, OptionalBool(body, "append", false));
  PARLEY_RETURN_IF_ERROR(Write(user, request.requester().device_id(), pusher));
  if (!append) PARLEY_RETURN_IF_ERROR(RemoveOfOthers(call, user, app_id, pushkey));
  return json::Object();
}

absl::Status Pushers::Write(const UserId& user, const std::string& device_id,
                            const json::Object& pusher) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  const tables::Pusher row{user.str(), *json::FindString(pusher, "app_id"),
                           *json::FindString(pusher, "pushkey"), device_id,
                           json::Serialize(pusher)};
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(const auto known, tables::ListPushers(reader, account->partition, user.str()));
    const bool replaces = std::any_of(known.begin(), known.end(), [&](const tables::Pusher& other) {
      return other.app_id == row.app_id && other.pushkey == row.pushkey;
    });
    if (replaces || known.size() < kMaxPushers) return absl::OkStatus();
    return TooLarge("You have too many pushers");
  }));
  store::Batch batch;
  tables::PutPusher(batch, account->partition, row);
  return deps_.changes.CommitQuietly(account->partition, std::move(batch));
}

absl::Status Pushers::Remove(const UserId& user, std::string_view app_id,
                             std::string_view pushkey) {
  PARLEY_TRY(LockedAccount account, deps_.accounts.LockExisting(user));
  store::Batch batch;
  tables::DeletePusher(batch, account->partition, user.str(), app_id, pushkey);
  return deps_.changes.CommitQuietly(account->partition, std::move(batch));
}

// One device, one account: whoever had it before gets nothing there any more.
absl::Status Pushers::RemoveOfOthers(const rpc::Call& call, const UserId& user,
                                     const std::string& app_id, const std::string& pushkey) {
  std::vector<std::string> owners;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    for (Partition partition = 0; partition < deps_.changes.partitions(); ++partition) {
      PARLEY_TRY(const auto found, tables::FindPusherOwners(reader, partition, app_id, pushkey));
      owners.insert(owners.end(), found.begin(), found.end());
    }
    return absl::OkStatus();
  }));
  v1::BodyRequest removal;
  removal.set_body(
      json::Serialize(json::Object{{"app_id", app_id}, {"pushkey", pushkey}, {"kind", nullptr}}));
  for (const std::string& owner : owners) {
    if (owner == user.str()) continue;
    removal.mutable_requester()->set_user_id(owner);
    PARLEY_RETURN_IF_ERROR(deps_.owners.SetPusher(call, removal).status());
  }
  return absl::OkStatus();
}

}  // namespace parley::accounts
