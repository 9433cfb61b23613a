#include "services/federation/store.h"

#include "common/status/macros.h"
#include "services/federation/outbound_store.h"

namespace parley::federation {
namespace {

using store::Type;

constexpr std::string_view kKeys = "federation_keys";
constexpr std::string_view kKeyDocuments = "federation_key_documents";
constexpr int64_t kMaxKeys = 256;

store::Table KeyTable() {
  store::Table table;
  table.name = kKeys;
  table.columns = {{"p", Type::kInteger},           {"server_name", Type::kText},
                   {"key_id", Type::kText},         {"public_key", Type::kBytes},
                   {"valid_until", Type::kInteger}, {"expired_at", Type::kInteger, true}};
  table.primary_key = {"p", "server_name", "key_id"};
  return table;
}

store::Table DocumentTable() {
  store::Table table;
  table.name = kKeyDocuments;
  table.columns = {{"p", Type::kInteger},
                   {"server_name", Type::kText},
                   {"fetched_at", Type::kInteger},
                   {"valid_until", Type::kInteger},
                   {"json", Type::kText}};
  table.primary_key = {"p", "server_name"};
  table.clustered = false;
  return table;
}

}  // namespace

std::vector<store::Migration> Migrations() {
  store::Migration first;
  first.service = kStream;
  first.number = 1;
  first.tables = {KeyTable(), DocumentTable()};
  store::Migration second;
  second.service = kStream;
  second.number = 2;
  second.tables = OutboundTables();
  return {first, second};
}

void SaveKey(store::Batch& batch, Partition p, std::string_view server_name, const KeyRow& row) {
  batch.Upsert(kKeys, {{"p", p},
                       {"server_name", server_name},
                       {"key_id", row.key_id},
                       {"public_key", store::Bytes(row.public_key)},
                       {"valid_until", row.valid_until},
                       {"expired_at", row.expired_at}});
}

void SaveKeyDocument(store::Batch& batch, Partition p, std::string_view server_name,
                     const KeyDocumentRow& row) {
  batch.Upsert(kKeyDocuments, {{"p", p},
                               {"server_name", server_name},
                               {"fetched_at", row.fetched_at},
                               {"valid_until", row.valid_until},
                               {"json", row.json}});
}

absl::StatusOr<std::vector<KeyRow>> FindKeys(store::Reader& db, Partition p,
                                             std::string_view server_name) {
  std::vector<KeyRow> keys;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT key_id, public_key, valid_until, expired_at FROM federation_keys "
               "WHERE p = $1 AND server_name = $2 ORDER BY valid_until DESC LIMIT $3",
               {p, server_name, kMaxKeys}, [&](const store::Row& row) {
                 keys.push_back({row.String(0), row.String(1), row.Int(2), row.MaybeInt(3)});
               }));
  return keys;
}

absl::StatusOr<std::optional<KeyDocumentRow>> FindKeyDocument(store::Reader& db, Partition p,
                                                              std::string_view server_name) {
  std::optional<KeyDocumentRow> found;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT fetched_at, valid_until, json FROM federation_key_documents "
               "WHERE p = $1 AND server_name = $2",
               {p, server_name}, [&](const store::Row& row) {
                 found = KeyDocumentRow{row.Int(0), row.Int(1), row.String(2)};
               }));
  return found;
}

}  // namespace parley::federation
