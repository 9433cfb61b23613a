#include "common/lease/lease_table.h"

#include <utility>

#include "common/status/macros.h"

namespace parley::lease {
namespace {

using store::Arg;
using store::Row;
using store::Type;
using store::postgres::Answer;
using store::postgres::Params;

#define PARLEY_NOW_MS "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

constexpr std::string_view kJoin = "SELECT pg_advisory_lock($1::int, $2::int)";
constexpr std::string_view kMembers =
    "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 "
    "AND classid = $1::oid AND database = (SELECT oid FROM pg_database WHERE datname = "
    "current_database())";
constexpr std::string_view kOwners = "SELECT p, owner, address, (until_ms <= " PARLEY_NOW_MS
                                     ")::int FROM leases WHERE service = $1 ORDER BY p";
constexpr std::string_view kClaim =
    "INSERT INTO leases (p, service, owner, address, until_ms) VALUES ($1, $2, $3, "
    "'', " PARLEY_NOW_MS
    " + $4) ON CONFLICT (p, service) DO UPDATE SET owner = excluded.owner, "
    "address = '', until_ms = excluded.until_ms WHERE leases.owner = $3 OR leases.owner = $5 OR "
    "leases.until_ms <= " PARLEY_NOW_MS " RETURNING 1";
constexpr std::string_view kRenew =
    "UPDATE leases SET until_ms = " PARLEY_NOW_MS
    " + $3, address = $4 WHERE service = $1 AND owner = $2 RETURNING p";
constexpr std::string_view kRelease =
    "DELETE FROM leases WHERE p = $1 AND service = $2 AND owner = $3";

// What a lock of this service is named by: FNV-1a, cut to what fits an int.
int64_t ClassOf(std::string_view service) {
  uint32_t hash = 2166136261u;
  for (const char c : service) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash & 0x7fffffff;
}

}  // namespace

std::vector<store::Migration> Migrations() {
  return {
      {.service = "leases",
       .number = 1,
       .tables = {
           {"leases",
            {{"p"}, {"service", Type::kText}, {"owner"}, {"address", Type::kText}, {"until_ms"}},
            {"p", "service"}}}}};
}

absl::StatusOr<std::unique_ptr<LeaseTable>> LeaseTable::Open(
    const store::postgres::ConnectionOptions& options) {
  PARLEY_TRY(auto connection, store::postgres::Connection::Open(options));
  return std::unique_ptr<LeaseTable>(new LeaseTable(std::move(connection)));
}

absl::Status LeaseTable::Join(std::string_view service, MemberId member) {
  const Arg args[] = {ClassOf(service), member};
  return connection_->Ask(kJoin, Params(args)).status();
}

absl::StatusOr<std::vector<MemberId>> LeaseTable::Members(std::string_view service) {
  const Arg args[] = {ClassOf(service)};
  PARLEY_TRY(const Answer answer, connection_->Ask(kMembers, Params(args)));
  std::vector<MemberId> members;
  answer.ForEach([&](const Row& row) { members.push_back(row.Int(0)); });
  return members;
}

absl::StatusOr<std::vector<Owner>> LeaseTable::Owners(std::string_view service) {
  const Arg args[] = {service};
  PARLEY_TRY(const Answer answer, connection_->Ask(kOwners, Params(args)));
  std::vector<Owner> owners;
  answer.ForEach([&](const Row& row) {
    owners.push_back(
        {static_cast<Partition>(row.Int(0)), row.Int(1), row.String(2), row.Int(3) != 0});
  });
  return owners;
}

absl::StatusOr<bool> LeaseTable::Claim(std::string_view service, Partition unit, MemberId me,
                                       MemberId seen, absl::Duration lifetime) {
  const Arg args[] = {unit, service, me, absl::ToInt64Milliseconds(lifetime), seen};
  PARLEY_TRY(const Answer answer, connection_->Ask(kClaim, Params(args)));
  return answer.rows() > 0;
}

absl::StatusOr<std::vector<Partition>> LeaseTable::Renew(std::string_view service, MemberId me,
                                                         const std::string& address,
                                                         absl::Duration lifetime) {
  const Arg args[] = {service, me, absl::ToInt64Milliseconds(lifetime), address};
  PARLEY_TRY(const Answer answer, connection_->Ask(kRenew, Params(args)));
  std::vector<Partition> units;
  answer.ForEach([&](const Row& row) { units.push_back(static_cast<Partition>(row.Int(0))); });
  return units;
}

absl::Status LeaseTable::Release(std::string_view service, MemberId me, Partition unit) {
  const Arg args[] = {unit, service, me};
  return connection_->Ask(kRelease, Params(args)).status();
}

}  // namespace parley::lease
