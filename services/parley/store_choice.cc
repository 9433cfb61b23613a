#include "services/parley/store_choice.h"

#include "common/store/postgres/postgres_store.h"
#include "common/store/sqlite/sqlite_store.h"

namespace parley {
namespace {

store::PostgresOptions Postgres(const Config::Store& from) {
  store::PostgresOptions options;
  options.server.host = from.postgres.host;
  options.server.port = from.postgres.port;
  options.server.database = from.postgres.database;
  options.server.user = from.postgres.user;
  options.server.password = from.postgres.password;
  options.server.ssl_mode = from.postgres.ssl_mode;
  options.server.ssl_root_cert = from.postgres.ssl_root_cert;
  options.server.connect_timeout = from.postgres.connect_timeout;
  options.server.statement_timeout = from.postgres.statement_timeout;
  options.read_connections = from.read_connections;
  return options;
}

store::SqliteOptions Sqlite(const Config::Store& from) {
  store::SqliteOptions options;
  options.path = from.path;
  options.read_connections = from.read_connections;
  options.writer_cache_bytes = static_cast<int64_t>(from.writer_cache);
  options.reader_cache_bytes = static_cast<int64_t>(from.reader_cache);
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<store::Store>> OpenStore(
    const Config& config, const std::vector<store::Migration>& migrations, store::Probe& probe) {
  if (config.store.engine == "postgres")
    return store::OpenPostgres(Postgres(config.store), migrations, probe);
  return store::OpenSqlite(Sqlite(config.store), migrations, probe);
}

}  // namespace parley
