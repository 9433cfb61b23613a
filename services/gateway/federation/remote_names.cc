#include "services/gateway/federation/remote_names.h"

#include <utility>

#include "common/base/strings.h"
#include "common/json/value.h"
#include "parley/events/v1/events.parley.h"
#include "parley/presence/v1/presence.parley.h"

namespace parley::gateway {
namespace {

common::v1::ProfileFields NamesIn(const json::Object& member) {
  const auto name_of = [&](std::string_view key) {
    const std::string* name = json::FindString(member, key);
    return name == nullptr || name->size() > RemoteNames::kMaxNameBytes ? nullptr : name;
  };
  common::v1::ProfileFields names;
  if (const std::string* name = name_of("displayname")) names.set_displayname(*name);
  if (const std::string* url = name_of("avatar_url")) names.set_avatar_url(*url);
  return names;
}

}  // namespace

void RemoteNames::Learn(const rpc::Call& call, const std::string& user_id,
                        const std::string& room_id) {
  if (!IsKnown(user_id)) Read(call, user_id, room_id);
}

void RemoteNames::Relearn(const rpc::Call& call, const std::string& user_id,
                          const std::string& room_id) {
  if (IsKnown(user_id)) Read(call, user_id, room_id);
}

bool RemoteNames::IsKnown(std::string_view user_id) {
  absl::MutexLock lock(&mutex_);
  const auto found = known_.find(Abs(user_id));
  return found != known_.end() && found->second.until > clock_.Now();
}

void RemoteNames::Read(const rpc::Call& call, const std::string& user_id,
                       const std::string& room_id) {
  events::v1::GetStateEventRequest asked;
  asked.mutable_requester()->set_user_id(user_id);
  asked.set_room_id(room_id);
  asked.set_type("m.room.member");
  asked.set_state_key(user_id);
  const auto member = events_.GetStateEvent(call, asked);
  if (!member.ok()) return;
  const auto content = json::ParseObject(member->json());
  if (!content.ok() || json::StringOr(*content, "membership", "") != "join") return;
  presence::v1::AnnounceProfileRequest request;
  request.set_user_id(user_id);
  *request.mutable_profile() = NamesIn(*content);
  if (!Remember(user_id, request.profile().SerializeAsString())) return;
  if (!presence_.AnnounceProfile(call, request).ok()) Forget(user_id);
}

bool RemoteNames::Remember(const std::string& user_id, std::string names) {
  absl::MutexLock lock(&mutex_);
  if (known_.size() >= kMaxKnown) known_.clear();
  const auto [known, is_new] = known_.try_emplace(user_id);
  const absl::Time now = clock_.Now();
  const bool is_news = is_new || known->second.until <= now || known->second.names != names;
  known->second = {now + kKeep, std::move(names)};
  return is_news;
}

void RemoteNames::Forget(const std::string& user_id) {
  absl::MutexLock lock(&mutex_);
  known_.erase(user_id);
}

}  // namespace parley::gateway
