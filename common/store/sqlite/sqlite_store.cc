#include "common/store/sqlite/sqlite_store.h"

#include <utility>

#include <absl/time/clock.h>

#include "common/status/macros.h"
#include "common/store/sqlite/connection.h"
#include "common/store/sqlite/migrate.h"
#include "common/store/sqlite/reader_pool.h"
#include "common/store/sqlite/writer.h"

namespace parley::store {
namespace {

class SqliteStore final : public Store {
 public:
  SqliteStore(std::unique_ptr<sqlite::Connection> connection, uint64_t incarnation,
              const SqliteOptions& options, const std::vector<Migration>& migrations,
              sqlite::ConnectionOptions reader_options, Probe& probe)
      : incarnation_(incarnation),
        probe_(probe),
        writer_(std::move(connection), migrations),
        readers_(std::move(reader_options), options.read_connections),
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
  sqlite::Writer writer_;
  sqlite::ReaderPool readers_;
  Committer committer_;  // last: completes what is queued while the rest still stands
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
  return std::make_unique<SqliteStore>(std::move(connection), incarnation, options, migrations,
                                       ReaderOptions(options), probe);
}

absl::Status RenewIncarnation(const std::string& path) {
  PARLEY_TRY(const auto connection, sqlite::Connection::Open({.path = path}));
  PARLEY_RETURN_IF_ERROR(
      connection->Run("DELETE FROM store_numbers WHERE p = 0 AND name = 'incarnation'"));
  return sqlite::Incarnation(*connection).status();
}

}  // namespace parley::store
