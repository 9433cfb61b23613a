#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "common/base/clock.h"
#include "common/crypto/sign.h"
#include "common/event/received_pdu.h"
#include "common/rpc/call.h"

namespace parley::federation {
class FederationService;
}

namespace parley::events {

// Signing keys of other servers as far as this process has needed them; `federation` finds them and
// keeps them for good. Our own key is always here.
//
// Threads: any. Lifetime: borrows all.
class KeyCache {
 public:
  KeyCache(federation::FederationService* federation, const std::string& own_name,
           const crypto::SigningKey& own_key, const Clock& clock);

  // Sees to it that the keys by which `events` are verified are here, as far as they can be had. At
  // most one call.
  void Fetch(const rpc::Call& call, absl::Span<const event::UnverifiedPdu> events);
  // Never blocks.
  std::optional<event::VerifyKey> Find(std::string_view server, std::string_view key_id) const;

 private:
  using KeyName = std::pair<std::string, std::string>;   // server, key id
  using Wanted = absl::flat_hash_map<KeyName, int64_t>;  // valid at

  void AddWanted(const event::UnverifiedPdu& event, Wanted& wanted) const;
  bool IsKnown(const KeyName& name, int64_t valid_at) const;

  federation::FederationService* const federation_;
  const std::string own_name_;
  const crypto::SigningKey& own_key_;
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<KeyName, event::VerifyKey> keys_ ABSL_GUARDED_BY(mutex_);
};

// Fetches keys and verifies. M_FORBIDDEN if a signature is missing or wrong.
absl::StatusOr<event::VerifiedPdu> Verify(const rpc::Call& call, KeyCache& keys,
                                          event::UnverifiedPdu event);

// The same for many, on all cores, in the order given; nothing for those that do not hold.
std::vector<std::optional<event::VerifiedPdu>> VerifyAll(const rpc::Call& call, KeyCache& keys,
                                                         std::vector<event::UnverifiedPdu> events);

}  // namespace parley::events
