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

constexpr std::string_view kLock = "SELECT pg_try_advisory_lock($1::int, $2::int)::int";
constexpr std::string_view kRenew =
    "INSERT INTO lease_members (p, service, member, until_ms) VALUES (0, $1, $2, " PARLEY_NOW_MS
    " + $3) ON CONFLICT (p, service, member) DO UPDATE SET until_ms = excluded.until_ms";
constexpr std::string_view kLeave =
    "DELETE FROM lease_members WHERE p = 0 AND service = $1 AND member = $2";
constexpr std::string_view kForget =
    "DELETE FROM lease_members m WHERE p = 0 AND service = $1 AND until_ms < " PARLEY_NOW_MS
    " - 3600000 AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.service = $1 AND "
    "l.owner = m.member)";
constexpr std::string_view kMembers =
    "SELECT member, (EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND "
    "objsubid = 2 AND classid = $2::oid AND objid = member::oid AND database = (SELECT oid FROM "
    "pg_database WHERE datname = current_database())))::int, (until_ms <= " PARLEY_NOW_MS
    ")::int FROM lease_members WHERE p = 0 AND service = $1 ORDER BY member";
constexpr std::string_view kOwners =
    "SELECT p, owner, address FROM leases WHERE service = $1 ORDER BY p";
// until_ms stems from when each lease had a time of its own.
constexpr std::string_view kClaim =
    "INSERT INTO leases (p, service, owner, address, until_ms) SELECT r.p, $1, $2, ''::bytea, 0 "
    "FROM "
    "unnest($3::bigint[]) AS r(p) ORDER BY r.p ON CONFLICT (p, service) DO UPDATE SET "
    "owner = excluded.owner, address = ''::bytea WHERE leases.owner = ANY($4::bigint[]) "
    "RETURNING p";
constexpr std::string_view kServe =
    "UPDATE leases SET address = $3 WHERE service = $1 AND owner = $2 AND address <> $3";
constexpr std::string_view kRelease =
    "DELETE FROM leases WHERE service = $1 AND owner = $2 AND p = ANY($3::bigint[])";

// What a lock of this service is named by: FNV-1a, cut to what fits an int.
int64_t ClassOf(std::string_view service) {
  uint32_t hash = 2166136261u;
  for (const char c : service) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash & 0x7fffffff;
}

template <class Number>
std::string ArrayOf(absl::Span<const Number> numbers) {
  std::vector<store::Value> values;
  for (const Number number : numbers) values.emplace_back(static_cast<int64_t>(number));
  std::vector<const store::Value*> cells;
  for (const store::Value& value : values) cells.push_back(&value);
  return store::postgres::IntegerArray(cells);
}

}  // namespace

std::vector<store::Migration> Migrations() {
  return {
      {.service = "leases",
       .number = 1,
       .tables =
           {{"leases",
             {{"p"}, {"service", Type::kText}, {"owner"}, {"address", Type::kText}, {"until_ms"}},
             {"p", "service"}}}},
      {.service = "leases",
       .number = 2,
       .tables = {{"lease_members",
                   {{"p"}, {"service", Type::kText}, {"member"}, {"until_ms"}},
                   {"p", "service", "member"}}}}};
}

absl::StatusOr<std::unique_ptr<LeaseTable>> LeaseTable::Open(
    const store::postgres::ConnectionOptions& options) {
  PARLEY_TRY(auto connection, store::postgres::Connection::Open(options));
  return std::unique_ptr<LeaseTable>(new LeaseTable(std::move(connection)));
}

absl::Status LeaseTable::Join(std::string_view service, MemberId member, absl::Duration lifetime) {
  const Arg name[] = {service};
  PARLEY_RETURN_IF_ERROR(connection_->Ask(kForget, Params(name)).status());
  const Arg lock[] = {ClassOf(service), member};
  PARLEY_TRY(const Answer answer, connection_->Ask(kLock, Params(lock)));
  bool locked = false;
  answer.ForEach([&](const Row& row) { locked = row.Int(0) != 0; });
  // By the connection that this one replaces, until the server notices that it is gone.
  if (!locked) return absl::UnavailableError("the lock of this member is still held");
  return Renew(service, member, lifetime);
}

absl::Status LeaseTable::Renew(std::string_view service, MemberId member, absl::Duration lifetime) {
  const Arg args[] = {service, member, absl::ToInt64Milliseconds(lifetime)};
  return connection_->Ask(kRenew, Params(args)).status();
}

absl::Status LeaseTable::Leave(std::string_view service, MemberId member) {
  const Arg args[] = {service, member};
  return connection_->Ask(kLeave, Params(args)).status();
}

absl::StatusOr<std::vector<Member>> LeaseTable::Members(std::string_view service) {
  const Arg args[] = {service, ClassOf(service)};
  PARLEY_TRY(const Answer answer, connection_->Ask(kMembers, Params(args)));
  std::vector<Member> members;
  answer.ForEach([&](const Row& row) {
    members.push_back({row.Int(0), row.Int(1) != 0, row.Int(2) != 0});
  });
  return members;
}

absl::StatusOr<std::vector<Owner>> LeaseTable::Owners(std::string_view service) {
  const Arg args[] = {service};
  PARLEY_TRY(const Answer answer, connection_->Ask(kOwners, Params(args)));
  std::vector<Owner> owners;
  answer.ForEach([&](const Row& row) {
    owners.push_back({static_cast<Partition>(row.Int(0)), row.Int(1), row.String(2)});
  });
  return owners;
}

absl::StatusOr<std::vector<Partition>> LeaseTable::Claim(std::string_view service,
                                                         absl::Span<const Partition> units,
                                                         MemberId me,
                                                         absl::Span<const MemberId> gone) {
  const Arg args[] = {service, me};
  Params params(args);
  params.AddIntegers(ArrayOf(units));
  params.AddIntegers(ArrayOf(gone));
  PARLEY_TRY(const Answer answer, connection_->Ask(kClaim, params));
  std::vector<Partition> claimed;
  answer.ForEach([&](const Row& row) { claimed.push_back(static_cast<Partition>(row.Int(0))); });
  return claimed;
}

absl::Status LeaseTable::Serve(std::string_view service, MemberId me, const std::string& address) {
  const Arg args[] = {service, me, address};
  return connection_->Ask(kServe, Params(args)).status();
}

absl::Status LeaseTable::Release(std::string_view service, MemberId me,
                                 absl::Span<const Partition> units) {
  const Arg args[] = {service, me};
  Params params(args);
  params.AddIntegers(ArrayOf(units));
  return connection_->Ask(kRelease, params).status();
}

}  // namespace parley::lease
