#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/json/value.h"
#include "common/rpc/call.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/accounts/deps.h"
#include "services/accounts/passwords.h"
#include "services/accounts/sessions.h"
#include "services/accounts/uia.h"

namespace parley::accounts {

// How accounts come to be (Client-Server API, "Account registration and management").
// Threads: every method may be called from any.
class Registration {
 public:
  Registration(const Deps& deps, Passwords& passwords, Sessions& sessions, UiaSessions& uia);

  // POST /register: user-interactive authentication, the account, and its first session unless `inhibit_login`.
  absl::StatusOr<v1::JsonResponse> Register(const rpc::Call& call, const v1::RegisterRequest& request);

  // The user id that `username` would get. M_INVALID_USERNAME, M_EXCLUSIVE, M_USER_IN_USE.
  absl::StatusOr<UserId> CheckUsername(std::string_view username);
  bool IsValidToken(std::string_view token) const;

  // POST /_synapse/admin/v1/register: a nonce, good once and for a minute, which this process alone knows, and its answer
  // with the shared secret's MAC.
  std::string MakeNonce();
  absl::StatusOr<v1::JsonResponse> RegisterWithSecret(const rpc::Call& call, const v1::RegisterRequest& request);

  // By the owner of the user's partition. M_USER_IN_USE.
  absl::StatusOr<json::Object> Create(const v1::CreateAccountRequest& request);

 private:
  std::vector<UiaFlow> Flows() const;
  absl::StatusOr<json::Object> Authenticate(const json::Object& body);
  absl::StatusOr<v1::JsonResponse> RegisterUser(const rpc::Call& call, const json::Object& body,
                                                const v1::ClientInfo& client);
  absl::StatusOr<v1::JsonResponse> RegisterGuest(const rpc::Call& call, const json::Object& body,
                                                 const v1::ClientInfo& client);
  absl::StatusOr<UserId> ReadUsername(const json::Object& body);
  UserId MakeUserId();
  bool IsReserved(std::string_view localpart) const;
  absl::Status UseNonce(const std::string& nonce);
  absl::Status CheckMac(const json::Object& body) const;

  const Deps deps_;
  Passwords& passwords_;
  Sessions& sessions_;
  UiaSessions& uia_;

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, absl::Time> nonces_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::accounts
