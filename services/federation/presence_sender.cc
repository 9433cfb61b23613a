#include "services/federation/presence_sender.h"

#include <utility>
#include <vector>

#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::federation {
namespace {

// Names of streams, of `presence` and of `events`.
constexpr char kPresence[] = "presence";
constexpr char kSharedJoins[] = "shared_joins";
constexpr char kRoomServers[] = "room_servers";
constexpr char kOffline[] = "offline";
constexpr absl::Duration kPeriod = absl::Milliseconds(500);
constexpr size_t kMaxTold = 100'000;

rpc::Call OwnCall() {
  return {.deadline = absl::Now() + absl::Seconds(10), .request_id = "presence"};
}

}  // namespace

PresenceSender::PresenceSender(const Needs& needs, const Config& config,
                               std::function<bool()> is_needed, Send send)
    : needs_(needs),
      suffix_(StrCat(":", config.server_name)),
      is_needed_(std::move(is_needed)),
      send_(std::move(send)),
      introductions_(needs.events, needs.rooms, needs.presence, suffix_) {
  const uint32_t partitions = config.partitions;
  subscriptions_.push_back(Follow(
      kPresence, partitions, [this](const std::string& user_id) { TakeUser(user_id, changed_); }));
  subscriptions_.push_back(Follow(
      kSharedJoins, partitions, [this](const std::string& user_id) { TakeUser(user_id, came_); }));
  subscriptions_.push_back(Follow(kRoomServers, partitions, [this](const std::string& room_id) {
    absl::MutexLock lock(&mutex_);
    rooms_[room_id] = {.at = needs_.clock.Now() + kIntroduceAfter};
  }));
  timer_ = std::make_unique<Periodic>("fed-presence", kPeriod, [this] { Flush(); });
}

PresenceSender::~PresenceSender() {
  subscriptions_.clear();
  timer_.reset();
}

bus::Bus::SubscriptionPtr PresenceSender::Follow(std::string_view stream, uint32_t partitions,
                                                 std::function<void(const std::string& key)> take) {
  return needs_.bus.Subscribe(
      bus::Interest::Of(bus::AllTopics(stream, partitions)),
      [take = std::move(take)](const bus::Wake& wake) { take(std::string(wake.key)); });
}

void PresenceSender::TakeUser(const std::string& user_id, Names& names) {
  if (!user_id.ends_with(suffix_)) return;
  absl::MutexLock lock(&mutex_);
  names.insert(user_id);
}

PresenceSender::Names PresenceSender::Take(Names& names) {
  absl::MutexLock lock(&mutex_);
  return std::exchange(names, {});
}

void PresenceSender::TellAgainLater(const absl::Status& told, const std::string& user_id,
                                    Names& names) {
  if (!absl::IsUnavailable(told) && !absl::IsDeadlineExceeded(told)) return;
  absl::MutexLock lock(&mutex_);
  names.insert(user_id);
}

void PresenceSender::Flush() {
  IntroduceDue();
  Names changed = Take(changed_);
  const Names came = Take(came_);
  if (!is_needed_() && came.empty()) return;
  TakeDue(changed);
  for (const std::string& user_id : came) told_.erase(user_id);
  for (const std::string& user_id : came) TellAgainLater(Tell(user_id), user_id, came_);
  for (const std::string& user_id : changed) TellAgainLater(Tell(user_id), user_id, changed_);
}

void PresenceSender::IntroduceDue() {
  for (const auto& [room_id, introduction] : TakeDueIntroductions()) {
    const absl::Status told = Introduce(room_id, introduction.is_last);
    if (told.ok() && introduction.is_last) continue;
    absl::MutexLock lock(&mutex_);
    // What was heard meanwhile comes first.
    rooms_.try_emplace(room_id, Introduction{.at = introduction.at + kIntroduceAgainAfter,
                                             .is_last = told.ok() || introduction.is_last});
  }
}

std::vector<std::pair<std::string, PresenceSender::Introduction>>
PresenceSender::TakeDueIntroductions() {
  std::vector<std::pair<std::string, Introduction>> due;
  const absl::Time now = needs_.clock.Now();
  absl::MutexLock lock(&mutex_);
  absl::erase_if(rooms_, [&](const auto& room) {
    if (room.second.at > now) return false;
    due.push_back(room);
    return true;
  });
  return due;
}

absl::Status PresenceSender::Introduce(const std::string& room_id, bool is_last) {
  const rpc::Call call = OwnCall();
  PARLEY_TRY(const SendEdusRequest request, introductions_.Look(call, room_id));
  if (!request.edus().empty()) PARLEY_RETURN_IF_ERROR(send_(call, request));
  if (is_last) introductions_.Done(room_id);
  return absl::OkStatus();
}

void PresenceSender::TakeDue(Names& users) {
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
  PARLEY_TRY(json::Object status, StatusOf(call, user_id));
  json::Object entry = PresenceEntry(user_id, std::move(status));
  json::Object lasting = entry;
  lasting.Erase("last_active_ago");
  if (told_.size() > kMaxTold) told_.clear();
  Told& told = told_[user_id];
  const absl::Time now = needs_.clock.Now();
  std::string text = json::Serialize(lasting);
  if (told.entry == text && now < told.repeat_at) return std::string();
  const bool is_there = json::StringOr(entry, "presence", "") != kOffline;
  told = {std::move(text), is_there ? now + kRepeat : absl::InfiniteFuture()};
  return PresenceEdu(json::Array{std::move(entry)});
}

}  // namespace parley::federation
