#include "services/gateway/federation/server_auth.h"

#include <utility>

#include "common/base/strings.h"
#include "common/crypto/sign.h"
#include "common/federation/lenient_json.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/federation/v1/federation.parley.h"

namespace parley::gateway {
namespace {

constexpr size_t kMaxKept = 20'000;
// So many requests may wait for keys of servers at a time: others have threads, too.
constexpr int kMaxAsking = 16;
constexpr int64_t kRetryAfterMs = 2000;
constexpr absl::Duration kAliveEvery = absl::Seconds(1);

absl::Status Unsigned(std::string_view what) {
  return Matrix(401, "M_UNAUTHORIZED", what);
}

std::string NameOf(const federation::XMatrix& claim) {
  return StrCat(claim.origin, " ", claim.key_id);
}

std::string UriOf(const http::Request& request) {
  return request.raw_query.empty() ? request.path : StrCat(request.path, "?", request.raw_query);
}

metrics::Counter Checks(metrics::Registry& registry, const std::string& result) {
  return registry.AddCounter("parley_federation_inbound_total",
                             "Signed requests of other servers, by what their check said",
                             {{"result", result}});
}

// Counts itself in and out.
class Asking {
 public:
  explicit Asking(std::atomic<int>& count) : count_(count), place_(++count) {}
  ~Asking() { --count_; }
  bool is_too_many() const { return place_ > kMaxAsking; }

 private:
  std::atomic<int>& count_;
  const int place_;
};

}  // namespace

ServerAuth::ServerAuth(std::string server_name, Deps deps)
    : server_name_(std::move(server_name)),
      deps_(deps),
      accepted_(Checks(deps.registry, "accepted")),
      refused_(Checks(deps.registry, "refused")) {}

absl::StatusOr<std::string> ServerAuth::Check(RequestContext& context) {
  const http::Request& request = context.request();
  const auto claim = federation::ParseXMatrix(request.headers.Get("Authorization"));
  const auto check = [&]() -> absl::Status {
    if (!claim) return Unsigned("The request is not signed");
    if (!claim->destination.empty() && claim->destination != server_name_) {
      return Unsigned("The request is for another server");
    }
    if (claim->origin == server_name_) return Unsigned("This server asks itself nothing");
    PARLEY_TRY(const std::string public_key, KeyOf(context.call(), *claim));
    return CheckSignature(context, *claim, public_key);
  };
  const absl::Status checked = check();
  (checked.ok() ? accepted_ : refused_).Add();
  PARLEY_RETURN_IF_ERROR(checked);
  RecordAlive(context.call(), claim->origin);
  return claim->origin;
}

// A body that is not quite JSON is still its sender's: the handler says what is wrong with it, or
// with its parts. And numbers that are no integers are written by everybody in a way of their own.
absl::Status ServerAuth::CheckSignature(RequestContext& context, const federation::XMatrix& claim,
                                        std::string_view public_key) const {
  const http::Request& request = context.request();
  const std::string uri = UriOf(request);
  federation::SignedRequest what{request.method, uri, claim.origin, server_name_};
  if (request.body.empty()) return federation::VerifyRequest(what, claim, public_key);
  const auto content = context.Body();
  absl::Status checked = content.status();
  if (content.ok()) {
    what.content = *content;
    checked = federation::VerifyRequest(what, claim, public_key);
    if (checked.ok()) return checked;
  }
  const auto text = federation::LenientCanonical(request.body);
  return text ? federation::VerifyRequest(what, *text, claim, public_key) : checked;
}

absl::StatusOr<std::string> ServerAuth::KeyOf(const rpc::Call& call,
                                              const federation::XMatrix& claim) {
  if (!crypto::IsEd25519KeyId(claim.key_id))
    return Unsigned("The request is signed with an unknown kind of key");
  const std::string name = NameOf(claim);
  if (auto kept = KeptKey(name)) return *std::move(kept);
  PARLEY_TRY(const Key key, AskForKey(call, claim));
  absl::MutexLock lock(&mutex_);
  if (keys_.size() >= kMaxKept) keys_.clear();
  keys_[name] = key;
  return key.public_key;
}

std::optional<std::string> ServerAuth::KeptKey(const std::string& name) {
  const int64_t now_ms = deps_.clock.NowMs();
  absl::MutexLock lock(&mutex_);
  const auto kept = keys_.find(name);
  if (kept == keys_.end() || kept->second.valid_until_ms < now_ms) return std::nullopt;
  return kept->second.public_key;
}

absl::StatusOr<ServerAuth::Key> ServerAuth::AskForKey(const rpc::Call& call,
                                                      const federation::XMatrix& claim) {
  const Asking asking(asking_);
  if (asking.is_too_many()) return LimitExceeded(kRetryAfterMs);
  const int64_t now_ms = deps_.clock.NowMs();
  federation::GetServerKeysRequest request;
  federation::KeyRef& ref = *request.add_keys();
  ref.set_server_name(claim.origin);
  ref.set_key_id(claim.key_id);
  ref.set_valid_at_ms(now_ms);
  PARLEY_TRY(const federation::GetServerKeysResponse found,
             deps_.federation.GetServerKeys(call, request));
  for (const federation::ServerKey& key : found.keys()) {
    const bool is_it = key.server_name() == claim.origin && key.key_id() == claim.key_id;
    if (is_it && !key.has_expired_ms() && key.valid_until_ms() >= now_ms)
      return Key{key.public_key(), key.valid_until_ms()};
  }
  return Unsigned("The key of the signature could not be had");
}

void ServerAuth::RecordAlive(const rpc::Call& call, const std::string& origin) {
  const absl::Time now = deps_.clock.Now();
  {
    absl::MutexLock lock(&mutex_);
    if (told_alive_.size() >= kMaxKept) told_alive_.clear();
    absl::Time& told = told_alive_.try_emplace(origin, absl::InfinitePast()).first->second;
    if (now - told < kAliveEvery) return;
    told = now;
  }
  federation::RecordAliveRequest request;
  request.set_server_name(origin);
  deps_.federation.RecordAlive(call, request).IgnoreError();
}

RouteHandler Signed(ServerAuth& auth, ServerHandler handler) {
  return
      [&auth, handler = std::move(handler)](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
        PARLEY_TRY(const std::string origin, auth.Check(context));
        return handler(context, origin);
      };
}

}  // namespace parley::gateway
