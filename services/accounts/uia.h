#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/json/value.h"
#include "services/accounts/deps.h"

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

// Sessions of user-interactive authentication (Client-Server API, "User-Interactive Authentication API"). They live in
// the store for `uia_session_lifetime`, in the partition that their id names, sealed with a key made of that id: a body to
// remember may hold a password. How many there are is bounded by the rate limits of those who ask. When one is gone the
// client is challenged anew.
//
// Threads: every method may be called from any. Lifetime: borrows all of deps.
class UiaSessions {
 public:
  explicit UiaSessions(const Deps& deps) : deps_(deps) {}

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
    int64_t ends_at_ms = 0;
    bool is_stored = false;
  };

  absl::StatusOr<Session> Continue(const UiaOperation& operation, const json::Object& auth);
  absl::StatusOr<Session> Begin(const UiaOperation& operation);
  absl::Status Challenge(const UiaOperation& operation, const Session& session, const absl::Status& why);
  // Nothing for a session that never was, or has ended.
  absl::StatusOr<std::optional<Session>> Find(const std::string& id);
  absl::Status Keep(const Session& session);
  absl::Status End(const Session& session);
  std::optional<Partition> PartitionIn(std::string_view id) const;

  static std::string Encode(const Session& session);
  static std::optional<Session> Decode(const std::string& id, std::string_view text);

  const Deps deps_;
};

}  // namespace parley::accounts
