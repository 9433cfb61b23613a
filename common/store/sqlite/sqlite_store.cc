#include "common/store/sqlite/sqlite_store.h"

#include <utility>

#include "common/status/macros.h"
#include "common/store/engine_store.h"
#include "common/store/sqlite/connection.h"
#include "common/store/sqlite/migrate.h"
#include "common/store/sqlite/reader_pool.h"
#include "common/store/sqlite/writer.h"

namespace parley::store {
namespace {

struct Sqlite {
  Sqlite(std::unique_ptr<sqlite::Connection> connection, const std::vector<Migration>& migrations,
         sqlite::ConnectionOptions reader_options, size_t read_connections)
      : writer(std::move(connection), migrations),
        readers(std::move(reader_options), read_connections) {}

  sqlite::Writer writer;
  sqlite::ReaderPool readers;
};

sqlite::ConnectionOptions WriterOptions(const SqliteOptions& options) {
  return {options.path, false, options.vfs, options.synchronous, options.writer_cache_bytes, 0};
}

sqlite::ConnectionOptions ReaderOptions(const SqliteOptions& options) {
  return {options.path, true, options.vfs, options.synchronous, options.reader_cache_bytes, 0};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqlite(const SqliteOptions& options,
                                                  const std::vector<Migration>& migrations,
                                                  Probe& probe) {
  PARLEY_TRY(auto connection, sqlite::Connection::Open(WriterOptions(options)));
  PARLEY_RETURN_IF_ERROR(sqlite::Migrate(*connection, migrations));
  PARLEY_TRY(const uint64_t incarnation, sqlite::Incarnation(*connection));
  auto engine = std::make_unique<Sqlite>(std::move(connection), migrations, ReaderOptions(options),
                                         options.read_connections);
  return std::make_unique<EngineStore<Sqlite>>(std::move(engine), incarnation, probe,
                                               options.committer);
}

absl::Status RenewIncarnation(const std::string& path) {
  PARLEY_TRY(const auto connection, sqlite::Connection::Open({.path = path}));
  PARLEY_RETURN_IF_ERROR(
      connection->Run("DELETE FROM store_numbers WHERE p = 0 AND name = 'incarnation'"));
  return sqlite::Incarnation(*connection).status();
}

}  // namespace parley::store
