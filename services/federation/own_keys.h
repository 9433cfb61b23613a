#pragma once

#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "common/crypto/sign.h"
#include "common/federation/key_document.h"
#include "parley/federation/v1/federation.pb.h"

namespace parley::federation {

// This server's own keys as others get them. Threads: any. Lifetime: borrows the key and the clock.
class OwnKeys {
 public:
  OwnKeys(std::string server_name, const crypto::SigningKey& current, std::vector<PublishedKey> old,
          absl::Duration lifetime, const Clock& clock)
      : server_name_(std::move(server_name)),
        current_(current),
        old_(std::move(old)),
        lifetime_(lifetime),
        clock_(clock) {}

  // The signed document; made anew when half of its lifetime is over.
  std::string Document();
  // The key `key_id`, or all when that is empty.
  std::vector<v1::ServerKey> Find(const std::string& key_id) const;

 private:
  const std::string server_name_;
  const crypto::SigningKey& current_;
  const std::vector<PublishedKey> old_;
  const absl::Duration lifetime_;
  const Clock& clock_;
  absl::Mutex mutex_;
  std::string document_ ABSL_GUARDED_BY(mutex_);
  absl::Time renew_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace parley::federation
