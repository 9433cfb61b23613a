#include "services/accounts/uia.h"

#include <algorithm>

#include "common/base/token.h"
#include "common/crypto/hash.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"

namespace parley::accounts {
namespace {

constexpr size_t kMaxRememberedBytes = 4096;

json::Object WithoutAuth(const json::Object& body) {
  json::Object rest = body;
  rest.Erase("auth");
  return rest;
}

std::string FingerprintOf(const json::Object& body) { return crypto::Sha256(json::Serialize(body)); }

bool IsComplete(const std::vector<UiaFlow>& flows, const absl::flat_hash_set<std::string>& completed) {
  return std::any_of(flows.begin(), flows.end(), [&](const UiaFlow& flow) {
    return std::all_of(flow.begin(), flow.end(), [&](const std::string& stage) { return completed.contains(stage); });
  });
}

bool IsOffered(const std::vector<UiaFlow>& flows, std::string_view type) {
  return std::any_of(flows.begin(), flows.end(), [&](const UiaFlow& flow) {
    return std::find(flow.begin(), flow.end(), type) != flow.end();
  });
}

}  // namespace

UiaSessions::UiaSessions(const Clock& clock, Rng& rng, absl::Duration lifetime, size_t capacity)
    : clock_(clock), rng_(rng), lifetime_(lifetime), capacity_(capacity) {}

absl::StatusOr<json::Object> UiaSessions::Authenticate(const UiaOperation& operation, const UiaStage& stage) {
  PARLEY_TRY(const json::Object* auth, OptionalObject(operation.body, "auth"));
  if (auth == nullptr) {
    PARLEY_TRY(Session fresh, Begin(operation));
    return Challenge(operation, std::move(fresh), absl::OkStatus());
  }
  PARLEY_TRY(Session session, Continue(operation, *auth));
  PARLEY_TRY(const auto type, OptionalString(*auth, "type"));
  if (type) {
    absl::Status done = IsOffered(operation.flows, *type)
                            ? stage(*type, *auth)
                            : Matrix(401, "M_UNRECOGNIZED", "This stage is not part of any flow");
    if (!done.ok()) return Challenge(operation, std::move(session), done);
    session.completed.insert(*type);
  }
  if (!IsComplete(operation.flows, session.completed)) {
    return Challenge(operation, std::move(session), absl::OkStatus());
  }
  End(session.id);
  return operation.remembers_body ? std::move(session.body) : WithoutAuth(operation.body);
}

// The session that `auth` names, or a new one when it names none or one that is gone.
absl::StatusOr<UiaSessions::Session> UiaSessions::Continue(const UiaOperation& operation, const json::Object& auth) {
  PARLEY_TRY(const auto id, OptionalString(auth, "session"));
  if (!id) return Begin(operation);
  absl::MutexLock lock(&mutex_);
  DropOld();
  const auto found = by_id_.find(*id);
  if (found == by_id_.end()) return Begin(operation);
  Session session = *found->second;
  if (session.operation != operation.name || session.user_id != operation.user_id) {
    return Forbidden("This session belongs to another operation");
  }
  json::Object body = WithoutAuth(operation.body);
  if (!operation.remembers_body) {
    if (FingerprintOf(body) == session.fingerprint) return session;
    return Forbidden("The request changed during its authentication");
  }
  if (!body.empty()) session.body = std::move(body);
  return session;
}

absl::StatusOr<UiaSessions::Session> UiaSessions::Begin(const UiaOperation& operation) {
  json::Object body = WithoutAuth(operation.body);
  const std::string text = json::Serialize(body);
  if (operation.remembers_body && text.size() > kMaxRememberedBytes) return TooLarge("The request is too large");
  if (!operation.remembers_body) body = json::Object();
  return Session{MakeToken("uia", operation.partition, 16, rng_),
                 operation.name,
                 operation.user_id,
                 crypto::Sha256(text),
                 std::move(body),
                 {},
                 clock_.Now() + lifetime_};
}

absl::Status UiaSessions::Challenge(const UiaOperation& operation, Session session, const absl::Status& why) {
  // The failure of something else (too many tries, a full queue) is no answer to the challenge.
  if (!why.ok() && FromStatus(why).http_status != 401 && FromStatus(why).http_status != 403) return why;
  std::string members;
  json::Writer writer(members);
  writer.Key("session").String(session.id).Key("params").BeginObject().EndObject().Key("flows").BeginArray();
  for (const UiaFlow& flow : operation.flows) {
    writer.BeginObject().Key("stages").BeginArray();
    for (const std::string& stage : flow) writer.String(stage);
    writer.EndArray().EndObject();
  }
  writer.EndArray();
  writer.Key("completed").BeginArray();
  for (const std::string& stage : session.completed) writer.String(stage);
  writer.EndArray();
  Keep(std::move(session));
  MatrixError error{401, "", "", members};
  if (!why.ok()) {
    error.errcode = FromStatus(why).errcode;
    error.message = FromStatus(why).message;
  }
  return ToStatus(error);
}

void UiaSessions::Keep(Session session) {
  absl::MutexLock lock(&mutex_);
  DropOld();
  if (const auto old = by_id_.find(session.id); old != by_id_.end()) {
    *old->second = std::move(session);
    return;
  }
  if (sessions_.size() >= capacity_) {
    by_id_.erase(sessions_.front().id);
    sessions_.pop_front();
  }
  sessions_.push_back(std::move(session));
  by_id_[sessions_.back().id] = std::prev(sessions_.end());
}

void UiaSessions::End(const std::string& id) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  sessions_.erase(found->second);
  by_id_.erase(found);
}

void UiaSessions::DropOld() {
  while (!sessions_.empty() && sessions_.front().ends <= clock_.Now()) {
    by_id_.erase(sessions_.front().id);
    sessions_.pop_front();
  }
}

}  // namespace parley::accounts
