#include "services/federation/own_keys.h"

#include "common/json/value.h"

namespace parley::federation {

std::string OwnKeys::Document() {
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  if (now >= renew_at_) {
    document_ = json::Serialize(
        MakeKeyDocument(server_name_, current_, old_, absl::ToUnixMillis(now + lifetime_)));
    renew_at_ = now + lifetime_ / 2;
  }
  return document_;
}

std::vector<v1::ServerKey> OwnKeys::Find(const std::string& key_id) const {
  std::vector<PublishedKey> all = old_;
  all.push_back({current_.id(), current_.public_key(), std::nullopt});
  std::vector<v1::ServerKey> found;
  for (const PublishedKey& key : all) {
    if (!key_id.empty() && key.key_id != key_id) continue;
    v1::ServerKey& out = found.emplace_back();
    out.set_server_name(server_name_);
    out.set_key_id(key.key_id);
    out.set_public_key(key.public_key);
    out.set_valid_until_ms(key.expired_ms.value_or(absl::ToUnixMillis(clock_.Now() + lifetime_)));
    if (key.expired_ms) out.set_expired_ms(*key.expired_ms);
  }
  return found;
}

}  // namespace parley::federation
