#include "common/store/postgres/postgres_store.h"

#include <utility>

#include <absl/time/clock.h>

#include "common/status/macros.h"
#include "common/store/postgres/connector.h"
#include "common/store/postgres/migrate.h"
#include "common/store/postgres/reader_pool.h"
#include "common/store/postgres/writer.h"

namespace parley::store {
namespace {

class PostgresStore final : public Store {
 public:
  PostgresStore(const PostgresOptions& options, std::unique_ptr<postgres::Connection> connection,
                uint64_t incarnation, const std::vector<Migration>& migrations, Probe& probe)
      : incarnation_(incarnation),
        probe_(probe),
        connector_(options.server, probe),
        writer_(connector_, std::move(connection), migrations),
        readers_(connector_, options.read_connections),
        committer_(writer_, probe, options.committer) {}

  absl::Status Enqueue(Batch batch, std::optional<Fence> fence, CommitDone done) override {
    return committer_.Enqueue(std::move(batch), fence, std::move(done));
  }

  absl::Status Read(absl::FunctionRef<absl::Status(Reader&)> read) override {
    const absl::Time start = absl::Now();
    const absl::Status status = readers_.Read(read);
    probe_.HasRead(absl::Now() - start);
    return status;
  }

  absl::StatusOr<std::vector<StreamState>> TakeOver(
      std::string_view service, absl::Span<const Partition> partitions) override {
    return writer_.TakeOver(service, partitions);
  }

  uint64_t incarnation() const override { return incarnation_; }

 private:
  const uint64_t incarnation_;
  Probe& probe_;
  postgres::Connector connector_;
  postgres::Writer writer_;
  postgres::ReaderPool readers_;
  Committer committer_;  // last: completes what is queued while the rest still stands
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenPostgres(const PostgresOptions& options,
                                                    const std::vector<Migration>& migrations,
                                                    Probe& probe) {
  PARLEY_TRY(auto connection, postgres::Connection::Open(options.server));
  PARLEY_RETURN_IF_ERROR(postgres::CheckDurability(*connection));
  PARLEY_RETURN_IF_ERROR(postgres::Migrate(*connection, migrations));
  PARLEY_TRY(const uint64_t incarnation, postgres::Incarnation(*connection));
  return std::make_unique<PostgresStore>(options, std::move(connection), incarnation, migrations,
                                         probe);
}

}  // namespace parley::store
