#include "services/accounts/uia.h"

#include <algorithm>

#include "common/base/token.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/crypto/seal.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/accounts/body.h"
#include "services/accounts/tables/uia.h"

namespace parley::accounts {
namespace {

constexpr char kIdKind[] = "uia";
constexpr size_t kMaxRememberedBytes = 4096;

json::Object WithoutAuth(const json::Object& body) {
  json::Object rest = body;
  rest.Erase("auth");
  return rest;
}

std::string FingerprintOf(const json::Object& body) { return crypto::EncodeBase64(crypto::Sha256(json::Serialize(body))); }

// What the store knows a session by, and the key of what it holds: neither tells the other, nor the id.
std::string HashOf(std::string_view id) { return crypto::HmacSha256(id, "name"); }
std::string KeyOf(std::string_view id) { return crypto::HmacSha256(id, "key"); }

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

absl::StatusOr<json::Object> UiaSessions::Authenticate(const UiaOperation& operation, const UiaStage& stage) {
  PARLEY_TRY(const json::Object* auth, OptionalObject(operation.body, "auth"));
  if (auth == nullptr) {
    PARLEY_TRY(const Session fresh, Begin(operation));
    return Challenge(operation, fresh, absl::OkStatus());
  }
  PARLEY_TRY(Session session, Continue(operation, *auth));
  PARLEY_TRY(const auto type, OptionalString(*auth, "type"));
  if (type) {
    absl::Status done = IsOffered(operation.flows, *type)
                            ? stage(*type, *auth)
                            : Matrix(401, "M_UNRECOGNIZED", "This stage is not part of any flow");
    if (!done.ok()) return Challenge(operation, session, done);
    session.completed.insert(*type);
  }
  if (!IsComplete(operation.flows, session.completed)) {
    return Challenge(operation, session, absl::OkStatus());
  }
  PARLEY_RETURN_IF_ERROR(End(session));
  return operation.remembers_body ? std::move(session.body) : WithoutAuth(operation.body);
}

// The session that `auth` names, or a new one when it names none or one that is gone.
absl::StatusOr<UiaSessions::Session> UiaSessions::Continue(const UiaOperation& operation, const json::Object& auth) {
  PARLEY_TRY(const auto id, OptionalString(auth, "session"));
  if (!id) return Begin(operation);
  PARLEY_TRY(auto found, Find(*id));
  if (!found) return Begin(operation);
  Session& session = *found;
  if (session.operation != operation.name || session.user_id != operation.user_id) {
    return Forbidden("This session belongs to another operation");
  }
  json::Object body = WithoutAuth(operation.body);
  if (!operation.remembers_body) {
    if (FingerprintOf(body) == session.fingerprint) return *std::move(found);
    return Forbidden("The request changed during its authentication");
  }
  if (!body.empty()) session.body = std::move(body);
  return *std::move(found);
}

absl::StatusOr<UiaSessions::Session> UiaSessions::Begin(const UiaOperation& operation) {
  json::Object body = WithoutAuth(operation.body);
  if (operation.remembers_body && json::Serialize(body).size() > kMaxRememberedBytes) {
    return TooLarge("The request is too large");
  }
  return Session{.id = MakeToken(kIdKind, operation.partition, 16, deps_.rng),
                 .operation = operation.name,
                 .user_id = operation.user_id,
                 .fingerprint = FingerprintOf(body),
                 .body = operation.remembers_body ? std::move(body) : json::Object(),
                 .completed = {},
                 .ends_at_ms = absl::ToUnixMillis(deps_.clock.Now() + deps_.config.uia_session_lifetime)};
}

absl::Status UiaSessions::Challenge(const UiaOperation& operation, const Session& session, const absl::Status& why) {
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
  PARLEY_RETURN_IF_ERROR(Keep(session));
  MatrixError error{401, "", "", members};
  if (!why.ok()) {
    error.errcode = FromStatus(why).errcode;
    error.message = FromStatus(why).message;
  }
  return ToStatus(error);
}

std::optional<Partition> UiaSessions::PartitionIn(std::string_view id) const {
  return TokenPartition(kIdKind, id, deps_.changes.partitions());
}

absl::StatusOr<std::optional<UiaSessions::Session>> UiaSessions::Find(const std::string& id) {
  const auto partition = PartitionIn(id);
  if (!partition) return std::nullopt;
  std::optional<std::string> sealed;
  PARLEY_RETURN_IF_ERROR(deps_.store.Read([&](store::Reader& reader) -> absl::Status {
    PARLEY_TRY(sealed, tables::FindUiaSession(reader, *partition, HashOf(id), deps_.clock.NowMs()));
    return absl::OkStatus();
  }));
  const auto text = sealed ? crypto::Unseal(*sealed, KeyOf(id)) : std::nullopt;
  return text ? Decode(id, *text) : std::nullopt;
}

absl::Status UiaSessions::Keep(const Session& session) {
  const Partition partition = *PartitionIn(session.id);
  store::Batch batch;
  tables::PutUiaSession(batch, partition, HashOf(session.id),
                        crypto::Seal(Encode(session), KeyOf(session.id), deps_.rng), session.ends_at_ms);
  return deps_.changes.CommitQuietly(partition, std::move(batch));
}

absl::Status UiaSessions::End(const Session& session) {
  if (!session.is_stored) return absl::OkStatus();
  const Partition partition = *PartitionIn(session.id);
  store::Batch batch;
  tables::DeleteUiaSession(batch, partition, HashOf(session.id));
  return deps_.changes.CommitQuietly(partition, std::move(batch));
}

std::string UiaSessions::Encode(const Session& session) {
  return json::Serialize(json::Object{{"operation", session.operation},
                                      {"user_id", session.user_id},
                                      {"fingerprint", session.fingerprint},
                                      {"body", session.body},
                                      {"completed", json::Array(session.completed.begin(), session.completed.end())},
                                      {"ends_at_ms", session.ends_at_ms}});
}

std::optional<UiaSessions::Session> UiaSessions::Decode(const std::string& id, std::string_view text) {
  const auto stored = json::ParseObject(text);
  if (!stored.ok()) return std::nullopt;
  Session session{.id = id,
                  .operation = std::string(json::StringOr(*stored, "operation", "")),
                  .user_id = std::string(json::StringOr(*stored, "user_id", "")),
                  .fingerprint = std::string(json::StringOr(*stored, "fingerprint", "")),
                  .body = {},
                  .completed = {},
                  .ends_at_ms = json::IntOr(*stored, "ends_at_ms", 0),
                  .is_stored = true};
  if (const json::Object* body = json::FindObject(*stored, "body")) session.body = *body;
  if (const json::Array* completed = json::FindArray(*stored, "completed")) {
    for (const json::Value& stage : *completed) session.completed.insert(*stage.AsString());
  }
  return session;
}

}  // namespace parley::accounts
