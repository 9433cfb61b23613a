#include "services/parley/move.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <utility>
#include <vector>

#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/store/copy.h"
#include "common/store/own_tables.h"
#include "common/store/postgres/connection.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/store/tables.h"
#include "services/parley/data_folder.h"
#include "services/parley/deployment.h"
#include "services/parley/migrations.h"
#include "services/parley/store_choice.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using store::Applied;

constexpr absl::Duration kTellEvery = absl::Seconds(1);
constexpr std::string_view kApplied =
    "SELECT service, max(number) FROM store_migrations GROUP BY service";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

 private:
  const int fd_;
};

void Note(const store::Row& row, Applied& applied) {
  applied[row.String(0)] = static_cast<int>(row.Int(1));
}

absl::StatusOr<Applied> AppliedIn(store::Store& store) {
  Applied applied;
  PARLEY_RETURN_IF_ERROR(store.Read([&](store::Reader& db) {
    return db.Query(kApplied, {}, [&](const store::Row& row) { Note(row, applied); });
  }));
  return applied;
}

// Of a database that nothing may have been made in yet.
absl::StatusOr<Applied> AppliedIn(store::postgres::Connection& connection) {
  PARLEY_TRY(const auto found,
             connection.Ask("SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND "
                            "tablename = 'store_migrations'"));
  Applied applied;
  if (found.rows() == 0) return applied;
  PARLEY_TRY(const auto answer, connection.Ask(kApplied));
  answer.ForEach([&](const store::Row& row) { Note(row, applied); });
  return applied;
}

absl::Status ExpectSchema(std::string_view whose, const Applied& applied,
                          const std::vector<store::Migration>& migrations) {
  Applied ours;
  for (const store::Migration& migration : migrations) ours[migration.service] = migration.number;
  for (const auto& [service, number] : ours) {
    const auto found = applied.find(service);
    const int theirs = found == applied.end() ? 0 : found->second;
    if (theirs == number) continue;
    return absl::FailedPreconditionError(
        StrCat("The schema of ", whose, " is not that of this version (", service,
               " is at migration ", theirs, ", not ", number,
               "): bring it there with `parley migrate` of this version, or take the parley that "
               "wrote it."));
  }
  return absl::OkStatus();
}

// What a move carries: the rest follows from the schema and the configuration.
bool IsCarried(const store::Table& table) {
  return table.name != "store_migrations" && table.name != "deployment";
}

// Made with every store, and then replaced by the source's.
bool IsThereAnyway(const store::Table& table) {
  return table.name == "store_numbers";
}

class Mover {
 public:
  Mover(const Config& config, std::ostream& out) : config_(config), out_(out) {}

  absl::Status Open(const std::string& path) {
    PARLEY_RETURN_IF_ERROR(OpenSource(path));
    return OpenTarget();
  }

  absl::Status Begin() {
    const std::string name = StrCat(from_->incarnation());
    PARLEY_TRY(const std::string under_way, MoveUnderWay(*to_));
    if (under_way.empty()) PARLEY_RETURN_IF_ERROR(ExpectEmpty());
    PARLEY_RETURN_IF_ERROR(BeginMove(*to_, name));
    if (!under_way.empty()) out_ << "going on where the last move stopped\n";
    return CheckDeploymentFacts(*to_, config_);
  }

  absl::Status CopyAll() {
    PARLEY_RETURN_IF_ERROR(into_->Run("SET synchronous_commit = off"));  // EndMove syncs it all
    for (const store::Table& table : tables_) PARLEY_RETURN_IF_ERROR(Copy(table));
    return into_->Run("ANALYZE");
  }

  absl::Status CompareAll() {
    for (const store::Table& table : tables_) PARLEY_RETURN_IF_ERROR(Compare(table));
    out_ << "compared: " << rows_ << " rows in " << tables_.size() << " tables are the same\n";
    return EndMove(*to_);
  }

 private:
  absl::Status OpenSource(const std::string& path) {
    const auto migrations = MigrationsOf(Config(), *Targets::Parse("all"));
    {
      PARLEY_TRY(const auto bare, store::OpenSqlite({.path = path}, {}));
      PARLEY_TRY(const Applied applied, AppliedIn(*bare));
      PARLEY_RETURN_IF_ERROR(ExpectSchema(path, applied, migrations));
    }
    PARLEY_TRY(from_, store::OpenSqlite({.path = path}, migrations));
    for (store::Table& table : store::TablesOf(migrations)) {
      if (IsCarried(table)) tables_.push_back(std::move(table));
    }
    return CheckDeployment(*from_, config_);
  }

  absl::Status OpenTarget() {
    const auto migrations = MigrationsOf(config_, *Targets::Parse("all"));
    PARLEY_TRY(into_, store::postgres::Connection::Open(PostgresServer(config_)));
    PARLEY_TRY(const Applied applied, AppliedIn(*into_));
    if (!applied.empty()) {
      PARLEY_RETURN_IF_ERROR(ExpectSchema("the database", applied, migrations));
    }
    PARLEY_TRY(to_, OpenStore(config_, migrations, store::Probe::Silent()));
    return absl::OkStatus();
  }

  // Also of what only a cluster has: a process that runs on it has left a trace.
  absl::Status ExpectEmpty() {
    for (const store::Table& table :
         store::TablesOf(MigrationsOf(config_, *Targets::Parse("all")))) {
      if (!IsCarried(table) || IsThereAnyway(table)) continue;
      PARLEY_RETURN_IF_ERROR(store::TableCopy(table, *from_, *to_, *into_).ExpectEmpty());
    }
    return absl::OkStatus();
  }

  absl::Status Copy(const store::Table& table) {
    store::TableCopy copy(table, *from_, *to_, *into_);
    int64_t left = 1, done = 0;
    if (!IsThereAnyway(table)) {
      PARLEY_TRY(left, copy.Resume());
    }
    const absl::Time start = absl::Now();
    absl::Time told = start;
    PARLEY_RETURN_IF_ERROR(copy.Run([&](int64_t rows) {
      done += rows;
      if (done < left && absl::Now() - told > kTellEvery) {
        told = absl::Now();
        Tell(table.name, done, left, told - start);
      }
      return absl::OkStatus();
    }));
    Tell(table.name, done, std::max(left, done), absl::Now() - start);
    return absl::OkStatus();
  }

  void Tell(const std::string& table, int64_t done, int64_t of, absl::Duration took) {
    const double seconds = std::max(absl::ToDoubleSeconds(took), 1e-3);
    out_ << table << ": " << done << " of " << of << " rows, "
         << static_cast<int64_t>(static_cast<double>(done) / seconds) << " rows/s" << std::endl;
  }

  absl::Status Compare(const store::Table& table) {
    PARLEY_TRY(const store::TableSum source, store::SumOf(table, *from_));
    PARLEY_TRY(const store::TableSum target, store::SumOf(table, *to_));
    rows_ += source.rows;
    if (source == target) return absl::OkStatus();
    return absl::DataLossError(StrCat("Table ", table.name, " is not the same on both sides (",
                                      source.rows, " rows, then ", target.rows,
                                      "): somebody has written to one of them; empty the database "
                                      "and move again."));
  }

  const Config& config_;
  std::ostream& out_;
  std::unique_ptr<store::Store> from_, to_;
  std::unique_ptr<store::postgres::Connection> into_;
  std::vector<store::Table> tables_;
  int64_t rows_ = 0;
};

absl::StatusOr<std::string> StoreOf(const MoveSource& source) {
  const std::string path =
      source.store_path.empty() ? source.data_dir + "/parley.db" : source.store_path;
  if (fs::exists(path)) return path;
  return absl::NotFoundError(
      StrCat("There is no store at ", path, ": name the folder with --from."));
}

void SayWhatIsLeft(const Config& config, const MoveSource& source, std::ostream& out) {
  out << "All is there. What a store does not hold is yours to copy, before the cluster starts:\n"
      << "  the signing key (" << source.data_dir
      << "/signing.key, and signing.key.old if there is "
      << "one) to where each process finds it (here " << config.signing_key_path
      << "; with Helm: the secret of signingKey.existingSecret)\n"
      << "  the files (" << source.data_dir << "/media) to the folder that all processes of media "
      << "share (here " << config.media.path << ")\n"
      << "Never start the old server again once the cluster has been used: the two would part.\n";
}

}  // namespace

absl::Status Move(const Config& config, const MoveSource& source, std::ostream& out) {
  if (!config.is_cluster()) {
    return absl::InvalidArgumentError(
        "The configuration is not a cluster's: give that which says where its PostgreSQL is "
        "(store.engine: postgres).");
  }
  PARLEY_TRY(const std::string path, StoreOf(source));
  const auto lock = LockDataFolder(source.data_dir);
  if (absl::IsFailedPrecondition(lock.status())) {
    return absl::FailedPreconditionError(
        StrCat("A server runs on ", source.data_dir, ": stop it, then move."));
  }
  PARLEY_RETURN_IF_ERROR(lock.status());
  const Descriptor held(*lock);
  Mover mover(config, out);
  PARLEY_RETURN_IF_ERROR(mover.Open(path));
  PARLEY_RETURN_IF_ERROR(mover.Begin());
  PARLEY_RETURN_IF_ERROR(mover.CopyAll());
  PARLEY_RETURN_IF_ERROR(mover.CompareAll());
  SayWhatIsLeft(config, source, out);
  return absl::OkStatus();
}

}  // namespace parley
