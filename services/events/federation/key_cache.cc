#include "services/events/federation/key_cache.h"

#include <algorithm>
#include <limits>

#include "parley/federation/v1/federation.parley.h"
#include "services/events/federation/parallel.h"

namespace parley::events {
namespace {

constexpr size_t kMaxKeys = 50'000;

bool Counts(const event::VerifyKey& key, int64_t valid_at) {
  return key.expired_ms.has_value() || key.valid_until_ms >= valid_at;
}

event::VerifyKey FromProto(const federation::ServerKey& key) {
  event::VerifyKey verify{key.public_key(), key.valid_until_ms(), std::nullopt};
  if (key.has_expired_ms()) verify.expired_ms = key.expired_ms();
  return verify;
}

}  // namespace

KeyCache::KeyCache(federation::FederationService* federation, const std::string& own_name,
                   const crypto::SigningKey& own_key, const Clock& clock)
    : federation_(federation), own_name_(own_name), own_key_(own_key), clock_(clock) {}

std::optional<event::VerifyKey> KeyCache::Find(std::string_view server,
                                               std::string_view key_id) const {
  if (server == own_name_ && key_id == own_key_.id()) {
    return event::VerifyKey{own_key_.public_key(), std::numeric_limits<int64_t>::max(),
                            std::nullopt};
  }
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = keys_.find(KeyName(server, key_id));
  if (found == keys_.end()) return std::nullopt;
  return found->second;
}

bool KeyCache::IsKnown(const KeyName& name, int64_t valid_at) const {
  const std::optional<event::VerifyKey> key = Find(name.first, name.second);
  return key && Counts(*key, valid_at);
}

void KeyCache::AddWanted(const event::UnverifiedPdu& event, Wanted& wanted) const {
  std::vector<std::string> signers = event.RequiredSigners();
  if (std::optional<std::string> authoriser = event.Authoriser()) {
    signers.push_back(*std::move(authoriser));
  }
  const int64_t valid_at = std::min(event.peek().origin_server_ts, clock_.NowMs());
  for (const event::PduSignature& signature : event.signatures()) {
    if (std::find(signers.begin(), signers.end(), signature.server) == signers.end()) continue;
    const KeyName name(signature.server, signature.key_id);
    if (IsKnown(name, valid_at)) continue;
    int64_t& latest = wanted[name];
    latest = std::max(latest, valid_at);
  }
}

void KeyCache::Fetch(const rpc::Call& call, absl::Span<const event::UnverifiedPdu> events) {
  Wanted wanted;
  for (const event::UnverifiedPdu& event : events) AddWanted(event, wanted);
  if (wanted.empty() || federation_ == nullptr) return;
  federation::GetServerKeysRequest request;
  for (const auto& [name, valid_at] : wanted) {
    federation::KeyRef& ref = *request.add_keys();
    ref.set_server_name(name.first);
    ref.set_key_id(name.second);
    ref.set_valid_at_ms(valid_at);
  }
  const auto response = federation_->GetServerKeys(call, request);
  if (!response.ok()) return;
  absl::MutexLock lock(&mutex_);
  if (keys_.size() > kMaxKeys) keys_.clear();
  for (const federation::ServerKey& key : response->keys()) {
    keys_[KeyName(key.server_name(), key.key_id())] = FromProto(key);
  }
}

absl::StatusOr<event::VerifiedPdu> Verify(const rpc::Call& call, KeyCache& keys,
                                          event::UnverifiedPdu event) {
  keys.Fetch(call, absl::MakeConstSpan(&event, 1));
  return event::VerifyPdu(std::move(event), [&](std::string_view server, std::string_view key_id) {
    return keys.Find(server, key_id);
  });
}

std::vector<std::optional<event::VerifiedPdu>> VerifyAll(const rpc::Call& call, KeyCache& keys,
                                                         std::vector<event::UnverifiedPdu> events) {
  keys.Fetch(call, events);
  std::vector<std::optional<event::VerifiedPdu>> verified(events.size());
  OnAllCores(events.size(), [&](size_t i) {
    auto result = event::VerifyPdu(std::move(events[i]),
                                   [&](std::string_view server, std::string_view key_id) {
                                     return keys.Find(server, key_id);
                                   });
    if (result.ok()) verified[i] = *std::move(result);
  });
  return verified;
}

}  // namespace parley::events
