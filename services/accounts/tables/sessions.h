#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"

// accounts_sessions: pairs of access and refresh token, by their SHA-256 hashes; accounts_short_tokens: OpenID and
// login tokens.
namespace parley::accounts::tables {

struct Session {
  std::string access_hash;
  // Empty: a session that can't be refreshed.
  std::string refresh_hash;
  std::string user_id;
  std::string device_id;
  // Of the access token; 0: never.
  int64_t expires_at_ms = 0;
  // The access hash of the pair that this one replaces at its first use; empty when that is done.
  std::string replaces;
};

absl::StatusOr<std::optional<Session>> FindByAccessHash(store::Reader& reader, Partition partition,
                                                        std::string_view hash);
absl::StatusOr<std::optional<Session>> FindByRefreshHash(store::Reader& reader, Partition partition,
                                                         std::string_view hash);
// The pair that was made from `access_hash` by a refresh and not used yet.
absl::StatusOr<std::optional<Session>> FindReplacing(store::Reader& reader, Partition partition,
                                                     const Session& session);

void PutSession(store::Batch& batch, Partition partition, const Session& session);
void DeleteSession(store::Batch& batch, Partition partition, std::string_view access_hash);
void DeleteSessionsOfDevice(store::Batch& batch, Partition partition, std::string_view user_id,
                            std::string_view device_id);

struct ShortToken {
  std::string token_hash;
  std::string kind;
  std::string user_id;
  int64_t expires_at_ms = 0;
};

absl::StatusOr<std::optional<ShortToken>> FindShortToken(store::Reader& reader, Partition partition,
                                                         std::string_view hash);
void PutShortToken(store::Batch& batch, Partition partition, const ShortToken& token);
void DeleteShortToken(store::Batch& batch, Partition partition, std::string_view hash);
// Those that ended before `now_ms`.
void PruneShortTokens(store::Batch& batch, Partition partition, int64_t now_ms);

}  // namespace parley::accounts::tables
