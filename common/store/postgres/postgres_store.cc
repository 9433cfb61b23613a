#include "common/store/postgres/postgres_store.h"

#include <utility>

#include "common/status/macros.h"
#include "common/store/engine_store.h"
#include "common/store/postgres/connector.h"
#include "common/store/postgres/migrate.h"
#include "common/store/postgres/reader_pool.h"
#include "common/store/postgres/writer.h"

namespace parley::store {
namespace {

struct Postgres {
  Postgres(const PostgresOptions& options, std::unique_ptr<postgres::Connection> connection,
           const std::vector<Migration>& migrations, Probe& probe)
      : connector(options.server, probe),
        writer(connector, std::move(connection), migrations),
        readers(connector, options.read_connections) {}

  postgres::Connector connector;
  postgres::Writer writer;
  postgres::ReaderPool readers;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenPostgres(const PostgresOptions& options,
                                                    const std::vector<Migration>& migrations,
                                                    Probe& probe) {
  PARLEY_TRY(auto connection, postgres::Connection::Open(options.server));
  PARLEY_RETURN_IF_ERROR(postgres::CheckDurability(*connection));
  PARLEY_RETURN_IF_ERROR(postgres::Migrate(*connection, migrations));
  PARLEY_TRY(const uint64_t incarnation, postgres::Incarnation(*connection));
  auto engine = std::make_unique<Postgres>(options, std::move(connection), migrations, probe);
  return std::make_unique<EngineStore<Postgres>>(std::move(engine), incarnation, probe,
                                                 options.committer);
}

absl::Status RenewIncarnation(const postgres::ConnectionOptions& server) {
  PARLEY_TRY(const auto connection, postgres::Connection::Open(server));
  return postgres::RenewIncarnation(*connection);
}

}  // namespace parley::store
