#pragma once

#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "common/base/partition.h"
#include "common/base/rng.h"
#include "common/json/value.h"

namespace parley::accounts {

// One way through user-interactive authentication: its stages, in any order.
using UiaFlow = std::vector<std::string>;

// An operation that wants user-interactive authentication.
struct UiaOperation {
  // What is asked and of what: a session is good for nothing else.
  std::string name;
  // Who asks; empty at registration.
  std::string user_id;
  // Where the session lives.
  Partition partition = 0;
  std::vector<UiaFlow> flows;
  // The request's body, with `auth`.
  const json::Object& body;
  // A later request without members of its own means those of the first (registration).
  bool remembers_body = false;
};

// True if `auth` completes the stage `type`; any error is shown with the challenge.
using UiaStage = std::function<absl::Status(std::string_view type, const json::Object& auth)>;

// Sessions of user-interactive authentication (Client-Server API, "User-Interactive Authentication API").
// They are kept in memory, at most so many and so long: when one is gone the client is challenged anew.
//
// Threads: every method may be called from any. Lifetime: borrows clock and rng.
class UiaSessions {
 public:
  UiaSessions(const Clock& clock, Rng& rng, absl::Duration lifetime, size_t capacity = 10'000);

  // The body to act on, without `auth`, when a flow is complete; the session ends with it.
  // Errors: M_TOO_LARGE when a body to remember is; 401 with `session` and `flows`, and an errcode only when a stage failed; 403 M_FORBIDDEN when the request
  // is not the one the session began with; M_BAD_JSON for an `auth` of a wrong shape.
  absl::StatusOr<json::Object> Authenticate(const UiaOperation& operation, const UiaStage& stage);

 private:
  struct Session {
    std::string id;
    std::string operation;
    std::string user_id;
    // Hash of the request's members.
    std::string fingerprint;
    // Only where it is remembered.
    json::Object body;
    absl::flat_hash_set<std::string> completed;
    absl::Time ends;
  };

  absl::StatusOr<Session> Continue(const UiaOperation& operation, const json::Object& auth);
  absl::StatusOr<Session> Begin(const UiaOperation& operation);
  absl::Status Challenge(const UiaOperation& operation, Session session, const absl::Status& why);
  void Keep(Session session);
  void End(const std::string& id);
  void DropOld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  Rng& rng_;
  const absl::Duration lifetime_;
  const size_t capacity_;

  absl::Mutex mutex_;
  std::list<Session> sessions_ ABSL_GUARDED_BY(mutex_);  // oldest first
  absl::flat_hash_map<std::string, std::list<Session>::iterator> by_id_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::accounts
