#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/store/postgres/connection.h"
#include "common/store/postgres/migrate.h"
#include "services/parley/doctor/checks.h"
#include "services/parley/store_choice.h"

namespace parley::doctor {
namespace {

using store::postgres::Connection;

constexpr char kDatabase[] = "database";

absl::StatusOr<DatabaseFacts> Ask(Connection& connection) {
  DatabaseFacts facts;
  PARLEY_TRY(
      const auto standbys,
      connection.Ask("SELECT count(*), count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')) "
                     "FROM pg_stat_replication"));
  standbys.ForEach([&](const store::Row& row) {
    facts.standbys = static_cast<int>(row.Int(0));
    facts.synchronous_standbys = static_cast<int>(row.Int(1));
  });
  PARLEY_TRY(const auto clock,
             connection.Ask("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"));
  clock.ForEach(
      [&](const store::Row& row) { facts.ahead = absl::FromUnixMillis(row.Int(0)) - absl::Now(); });
  return facts;
}

}  // namespace

void JudgeDatabase(const DatabaseFacts& facts, Report& report) {
  if (facts.standbys == 0) {
    report.Note(kDatabase, "no standby follows it",
                "back it up; to go on when it fails, give it a synchronous standby");
  } else if (facts.synchronous_standbys == 0) {
    report.Bad(kDatabase, "no standby is synchronous: a failover would lose what was acknowledged",
               "set synchronous_standby_names on the primary");
  } else {
    report.Good(kDatabase, StrCat(facts.synchronous_standbys, " of ", facts.standbys,
                                  " standbys are synchronous"));
  }
  JudgeClock(facts.ahead, "the database", report);
}

void CheckDatabase(const Config& config, Report& report) {
  if (!config.is_cluster()) return;
  const auto connection = Connection::Open(PostgresServer(config));
  if (!connection.ok()) {
    report.Bad(kDatabase, Std(connection.status().message()),
               "see that PostgreSQL runs there and lets store.postgres.user in");
    return;
  }
  if (const absl::Status durable = CheckDurability(**connection); !durable.ok()) {
    report.Bad(kDatabase, Std(durable.message()), "change postgresql.conf");
    return;
  }
  report.Good(kDatabase,
              StrCat("PostgreSQL at ", config.store.postgres.host, " syncs what it acknowledges"));
  const auto facts = Ask(**connection);
  if (facts.ok()) JudgeDatabase(*facts, report);
}

}  // namespace parley::doctor
