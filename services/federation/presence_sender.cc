#include "services/federation/presence_sender.h"

#include <utility>
#include <vector>

#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::federation {
namespace {

constexpr char kPresence[] = "presence";
constexpr char kOffline[] = "offline";
constexpr absl::Duration kPeriod = absl::Milliseconds(500);
constexpr size_t kMaxTold = 100'000;

rpc::Call OwnCall() {
  return {.deadline = absl::Now() + absl::Seconds(10), .request_id = "presence"};
}

json::Object EduOf(json::Object entry) {
  return {{"content", json::Object{{"push", json::Array{std::move(entry)}}}},
          {"edu_type", "m.presence"}};
}

}  // namespace

PresenceSender::PresenceSender(const Needs& needs, const Config& config,
                               std::function<bool()> is_needed, Send send)
    : needs_(needs),
      suffix_(StrCat(":", config.server_name)),
      is_needed_(std::move(is_needed)),
      send_(std::move(send)) {
  subscription_ = needs_.bus.Subscribe(bus::Interest::Of(bus::AllTopics(kPresence, config.partitions)),
                                       [this](const bus::Wake& wake) { OnWake(wake); });
  timer_ = std::make_unique<Periodic>("fed-presence", kPeriod, [this] { Flush(); });
}

PresenceSender::~PresenceSender() {
  subscription_.reset();
  timer_.reset();
}

void PresenceSender::OnWake(const bus::Wake& wake) {
  if (!wake.key.ends_with(suffix_)) return;
  absl::MutexLock lock(&mutex_);
  changed_.emplace(wake.key);
}

void PresenceSender::Flush() {
  absl::flat_hash_set<std::string> changed;
  {
    absl::MutexLock lock(&mutex_);
    changed.swap(changed_);
  }
  if (!is_needed_()) return;
  TakeDue(changed);
  for (const std::string& user_id : changed) {
    const absl::Status told = Tell(user_id);
    if (!absl::IsUnavailable(told) && !absl::IsDeadlineExceeded(told)) continue;
    absl::MutexLock lock(&mutex_);
    changed_.insert(user_id);
  }
}

void PresenceSender::TakeDue(absl::flat_hash_set<std::string>& users) {
  const absl::Time now = needs_.clock.Now();
  absl::erase_if(told_, [&](const auto& entry) {
    if (entry.second.repeat_at > now) return false;
    users.insert(entry.first);
    return true;
  });
}

absl::Status PresenceSender::Tell(const std::string& user_id) {
  const rpc::Call call = OwnCall();
  accounts::ListMembershipsRequest memberships;
  memberships.set_user_id(user_id);
  memberships.add_memberships("join");
  PARLEY_TRY(const auto rooms, needs_.accounts.ListMemberships(call, memberships));
  if (rooms.memberships().empty()) return absl::OkStatus();
  PARLEY_TRY(std::string news, News(call, user_id));
  if (news.empty()) return absl::OkStatus();
  SendEdusRequest request;
  Edu& edu = *request.add_edus();
  edu.set_json(std::move(news));
  edu.set_key(StrCat("presence ", user_id));
  for (const auto& membership : rooms.memberships()) edu.add_room_ids(membership.room_id());
  const absl::Status sent = send_(call, request);
  if (!sent.ok()) told_.erase(user_id);
  return sent;
}

absl::StatusOr<json::Object> PresenceSender::StatusOf(const rpc::Call& call,
                                                      const std::string& user_id) {
  presence::GetPresenceRequest request;
  request.set_user_id(user_id);
  const auto response = needs_.presence.GetPresence(call, request);
  if (HasErrcode(response.status(), "M_FORBIDDEN")) return json::Object{{"presence", kOffline}};
  PARLEY_RETURN_IF_ERROR(response.status());
  return json::ParseObject(response->json());
}

absl::StatusOr<std::string> PresenceSender::News(const rpc::Call& call,
                                                 const std::string& user_id) {
  PARLEY_TRY(json::Object entry, StatusOf(call, user_id));
  entry.Set("user_id", user_id);
  if (!entry.Has("last_active_ago")) entry.Set("last_active_ago", 0);
  json::Object lasting = entry;
  lasting.Erase("last_active_ago");
  if (told_.size() > kMaxTold) told_.clear();
  Told& told = told_[user_id];
  const absl::Time now = needs_.clock.Now();
  std::string text = json::Serialize(lasting);
  if (told.entry == text && now < told.repeat_at) return std::string();
  const bool is_there = json::StringOr(entry, "presence", "") != kOffline;
  told = {std::move(text), is_there ? now + kRepeat : absl::InfiniteFuture()};
  return json::Serialize(EduOf(std::move(entry)));
}

}  // namespace parley::federation
