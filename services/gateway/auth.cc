#include "services/gateway/auth.h"

#include "common/base/strings.h"
#include "common/bus/wake_keys.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"

namespace parley::gateway {
namespace {

constexpr std::string_view kStream = "accounts";
constexpr size_t kMaxEntries = 200'000;

}  // namespace

Authenticator::Authenticator(uint32_t partitions, Deps deps) : deps_(deps), news_(partitions) {
  subscriptions_.push_back(deps_.bus.Subscribe(bus::Interest::Of(bus::AllTopics(kStream, partitions)),
                                               [this](const bus::Wake& wake) { OnWake(wake); }));
  subscriptions_.push_back(deps_.bus.OnReconnect([this] { ForgetAll(); }));
}

absl::StatusOr<Requester> Authenticator::Authenticate(const rpc::Call& call, std::string_view token) {
  if (auto known = FromCache(token)) return *std::move(known);
  const PartitionNews::Number asked_at = NewsSoFar();
  PARLEY_TRY(Entry entry, Ask(call, token));
  Requester requester = entry.requester;
  Keep(token, std::move(entry), asked_at);
  return requester;
}

PartitionNews::Number Authenticator::NewsSoFar() {
  absl::MutexLock lock(&mutex_);
  return news_.now();
}

std::optional<Requester> Authenticator::FromCache(std::string_view token) {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(Abs(token));
  if (found == entries_.end()) return std::nullopt;
  const Entry& entry = found->second;
  if (!news_.Counts(entry.partition, entry.kept_at)) return std::nullopt;
  if (!deps_.heads.HeardLately({std::string(kStream), entry.partition})) return std::nullopt;
  const int64_t expires_at_ms = entry.requester.expires_at_ms;
  if (expires_at_ms != 0 && deps_.clock.NowMs() >= expires_at_ms) return std::nullopt;
  hits_.fetch_add(1, std::memory_order_relaxed);
  return entry.requester;
}

absl::StatusOr<Authenticator::Entry> Authenticator::Ask(const rpc::Call& call, std::string_view token) {
  accounts::AuthenticateRequest request;
  request.set_access_token(token.data(), token.size());
  PARLEY_TRY(const accounts::AuthenticateResponse response, deps_.accounts.Authenticate(call, request));
  Entry entry;
  entry.partition = response.partition();
  entry.requester = {.user = UserId::Trusted(response.user_id()),
                     .device_id = response.device_id(),
                     .is_guest = response.is_guest(),
                     .is_admin = response.is_admin(),
                     .is_locked = response.is_locked(),
                     .is_suspended = response.is_suspended(),
                     .token_id = response.token_id(),
                     .expires_at_ms = response.expires_at_ms()};
  return entry;
}

void Authenticator::Keep(std::string_view token, Entry entry, PartitionNews::Number asked_at) {
  absl::MutexLock lock(&mutex_);
  if (!news_.MayKeep(entry.partition, asked_at)) return;
  if (entries_.size() >= kMaxEntries) {
    entries_.clear();
    tokens_.clear();
  }
  entry.kept_at = news_.now();
  ForgetOthersOfDevice(token, entry.requester);
  std::vector<std::string>& of_user = tokens_[entry.requester.user.str()];
  const bool is_new = entries_.insert_or_assign(std::string(token), std::move(entry)).second;
  if (is_new) of_user.emplace_back(token);
}

// The first use of a refreshed token ends the one before it.
void Authenticator::ForgetOthersOfDevice(std::string_view token, const Requester& requester) {
  const auto of_user = tokens_.find(requester.user.str());
  if (of_user == tokens_.end()) return;
  std::erase_if(of_user->second, [&](const std::string& other) {
    if (other == token) return false;
    const auto found = entries_.find(other);
    if (found != entries_.end() && found->second.requester.device_id != requester.device_id) return false;
    entries_.erase(other);
    return true;
  });
}

void Authenticator::OnWake(const bus::Wake& wake) {
  if (wake.key.empty()) return ForgetPartition(wake.partition);
  if (const auto user_id = bus::UserOfTokensKey(wake.key)) Forget(*user_id, wake.partition);
}

void Authenticator::Forget(std::string_view user_id, uint32_t partition) {
  absl::MutexLock lock(&mutex_);
  news_.Heard(partition);
  const auto of_user = tokens_.find(Abs(user_id));
  if (of_user == tokens_.end()) return;
  for (const std::string& token : of_user->second) entries_.erase(token);
  tokens_.erase(of_user);
}

void Authenticator::OnHead(const bus::Head& head) {
  if (head.topic.service == kStream) ForgetPartition(head.topic.partition);
}

void Authenticator::ForgetPartition(uint32_t partition) {
  absl::MutexLock lock(&mutex_);
  news_.Forget(partition);
}

void Authenticator::ForgetAll() {
  absl::MutexLock lock(&mutex_);
  news_.ForgetAll();
}

absl::Status CheckAccess(Auth auth, const Requester& requester) {
  if (requester.is_locked && auth != Auth::kLocked) {
    return ToStatus({401, "M_USER_LOCKED", "This account is locked", "\"soft_logout\":true"});
  }
  if (requester.is_guest && auth == Auth::kUser) {
    return Matrix(403, "M_GUEST_ACCESS_FORBIDDEN", "Guests can't do this");
  }
  return absl::OkStatus();
}

}  // namespace parley::gateway
