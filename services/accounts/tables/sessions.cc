#include "services/accounts/tables/sessions.h"

#include "common/status/macros.h"

namespace parley::accounts::tables {
namespace {

using store::Bytes;
using store::BytesView;

constexpr std::string_view kByAccessSql =
    "SELECT access_hash, refresh_hash, user_id, device_id, expires_at_ms, replaces FROM accounts_sessions "
    "WHERE p = $1 AND access_hash = $2";
constexpr std::string_view kByRefreshSql =
    "SELECT access_hash, refresh_hash, user_id, device_id, expires_at_ms, replaces FROM accounts_sessions "
    "WHERE p = $1 AND refresh_hash = $2";
constexpr std::string_view kReplacingSql =
    "SELECT access_hash, refresh_hash, user_id, device_id, expires_at_ms, replaces FROM accounts_sessions "
    "WHERE p = $1 AND user_id = $2 AND device_id = $3 AND replaces = $4";

absl::StatusOr<std::optional<Session>> FindOne(store::Reader& reader, std::string_view sql,
                                               std::initializer_list<store::Arg> args) {
  std::optional<Session> found;
  PARLEY_RETURN_IF_ERROR(reader.Query(sql, args, [&](const store::Row& row) {
    found = Session{row.String(0), row.String(1), row.String(2), row.String(3), row.Int(4), row.String(5)};
  }));
  return found;
}

store::Value BytesOrNull(const std::string& bytes) {
  return bytes.empty() ? store::Value() : store::Value(Bytes(bytes));
}

}  // namespace

absl::StatusOr<std::optional<Session>> FindByAccessHash(store::Reader& reader, Partition partition,
                                                        std::string_view hash) {
  return FindOne(reader, kByAccessSql, {partition, BytesView(hash)});
}

absl::StatusOr<std::optional<Session>> FindByRefreshHash(store::Reader& reader, Partition partition,
                                                         std::string_view hash) {
  return FindOne(reader, kByRefreshSql, {partition, BytesView(hash)});
}

absl::StatusOr<std::optional<Session>> FindReplacing(store::Reader& reader, Partition partition,
                                                     const Session& session) {
  return FindOne(reader, kReplacingSql,
                 {partition, session.user_id, session.device_id, BytesView(session.access_hash)});
}

void PutSession(store::Batch& batch, Partition partition, const Session& session) {
  batch.Upsert("accounts_sessions", {{"p", partition},
                                     {"access_hash", Bytes(session.access_hash)},
                                     {"refresh_hash", BytesOrNull(session.refresh_hash)},
                                     {"user_id", session.user_id},
                                     {"device_id", session.device_id},
                                     {"expires_at_ms", session.expires_at_ms},
                                     {"replaces", BytesOrNull(session.replaces)}});
}

void DeleteSession(store::Batch& batch, Partition partition, std::string_view access_hash) {
  batch.Delete("accounts_sessions", {{"p", partition}, {"access_hash", Bytes(access_hash)}});
}

void DeleteSessionsOfDevice(store::Batch& batch, Partition partition, std::string_view user_id,
                            std::string_view device_id) {
  batch.Delete("accounts_sessions", {{"p", partition}, {"user_id", user_id}, {"device_id", device_id}});
}

absl::StatusOr<std::optional<ShortToken>> FindShortToken(store::Reader& reader, Partition partition,
                                                         std::string_view hash) {
  std::optional<ShortToken> found;
  PARLEY_RETURN_IF_ERROR(reader.Query(
      "SELECT token_hash, kind, user_id, expires_at_ms FROM accounts_short_tokens WHERE p = $1 AND token_hash = $2",
      {partition, BytesView(hash)}, [&](const store::Row& row) {
        found = ShortToken{row.String(0), row.String(1), row.String(2), row.Int(3)};
      }));
  return found;
}

void PutShortToken(store::Batch& batch, Partition partition, const ShortToken& token) {
  batch.Upsert("accounts_short_tokens", {{"p", partition},
                                         {"token_hash", Bytes(token.token_hash)},
                                         {"kind", token.kind},
                                         {"user_id", token.user_id},
                                         {"expires_at_ms", token.expires_at_ms}});
}

void DeleteShortToken(store::Batch& batch, Partition partition, std::string_view hash) {
  batch.Delete("accounts_short_tokens", {{"p", partition}, {"token_hash", Bytes(hash)}});
}

void PruneShortTokens(store::Batch& batch, Partition partition, int64_t now_ms) {
  batch.DeleteRange("accounts_short_tokens", {{"p", partition}}, "expires_at_ms", 0, now_ms);
}

}  // namespace parley::accounts::tables
