#include "services/parley/store_choice.h"

#include "common/store/postgres/postgres_store.h"
#include "common/store/sqlite/sqlite_store.h"

namespace parley {
namespace {

store::SqliteOptions Sqlite(const Config::Store& from) {
  store::SqliteOptions options;
  options.path = from.path;
  options.read_connections = from.read_connections;
  options.writer_cache_bytes = static_cast<int64_t>(from.writer_cache);
  options.reader_cache_bytes = static_cast<int64_t>(from.reader_cache);
  return options;
}

}  // namespace

store::postgres::ConnectionOptions PostgresServer(const Config& config) {
  const Config::Store::Postgres& from = config.store.postgres;
  store::postgres::ConnectionOptions server;
  server.host = from.host;
  server.port = from.port;
  server.database = from.database;
  server.user = from.user;
  server.password = from.password;
  server.ssl_mode = from.ssl_mode;
  server.ssl_root_cert = from.ssl_root_cert;
  server.connect_timeout = from.connect_timeout;
  server.statement_timeout = from.statement_timeout;
  return server;
}

absl::StatusOr<std::unique_ptr<store::Store>> OpenStore(
    const Config& config, const std::vector<store::Migration>& migrations, store::Probe& probe) {
  if (config.is_cluster()) {
    store::PostgresOptions options;
    options.server = PostgresServer(config);
    options.read_connections = config.store.read_connections;
    return store::OpenPostgres(options, migrations, probe);
  }
  return store::OpenSqlite(Sqlite(config.store), migrations, probe);
}

absl::Status RenewIncarnation(const Config& config) {
  return config.is_cluster() ? store::RenewIncarnation(PostgresServer(config))
                             : store::RenewIncarnation(config.store.path);
}

}  // namespace parley
