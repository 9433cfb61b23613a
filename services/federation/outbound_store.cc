#include "services/federation/outbound_store.h"

#include <map>

#include "common/status/macros.h"

namespace parley::federation {
namespace {

using store::Type;

constexpr std::string_view kDestinations = "federation_destinations";
constexpr std::string_view kBehind = "federation_behind";
constexpr std::string_view kMarks = "federation_marks";
constexpr std::string_view kEdus = "federation_edus";

absl::Status ReadBackoffs(store::Reader& db, std::map<std::string, DestinationRow>& rows) {
  return db.Query("SELECT destination, failures, retry_at, last_error FROM federation_destinations",
                  {}, [&](const store::Row& row) {
                    DestinationRow& destination = rows[row.String(0)];
                    destination.backoff = {row.Int(1), absl::FromUnixMillis(row.Int(2))};
                    destination.last_error = row.String(3);
                  });
}

absl::Status ReadBehind(store::Reader& db, std::map<std::string, DestinationRow>& rows) {
  return db.Query("SELECT destination, events_p, position FROM federation_behind", {},
                  [&](const store::Row& row) {
                    rows[row.String(0)].behind[static_cast<Partition>(row.Int(1))] = row.Int(2);
                  });
}

}  // namespace

std::vector<store::Table> OutboundTables() {
  store::Table destinations;
  destinations.name = kDestinations;
  destinations.columns = {{"p", Type::kInteger},
                          {"destination", Type::kText},
                          {"failures", Type::kInteger},
                          {"retry_at", Type::kInteger},
                          {"last_error", Type::kText}};
  destinations.primary_key = {"p", "destination"};
  store::Table behind;
  behind.name = kBehind;
  behind.columns = {{"p", Type::kInteger},
                    {"destination", Type::kText},
                    {"events_p", Type::kInteger},
                    {"position", Type::kInteger}};
  behind.primary_key = {"p", "destination", "events_p"};
  store::Table marks;
  marks.name = kMarks;
  marks.columns = {{"p", Type::kInteger}, {"position", Type::kInteger}};
  marks.primary_key = {"p"};
  store::Table edus;
  edus.name = kEdus;
  edus.columns = {{"p", Type::kInteger},
                  {"destination", Type::kText},
                  {"edu_key", Type::kText},
                  {"seq", Type::kInteger},
                  {"json", Type::kBytes}};
  edus.primary_key = {"p", "destination", "edu_key"};
  edus.indexes = {{"federation_edus_by_seq", {"p", "destination", "seq"}}};
  edus.clustered = false;
  return {destinations, behind, marks, edus};
}

void SaveDestination(store::Batch& batch, Partition p, const DestinationRow& row) {
  batch.Delete(kBehind, {{"p", p}, {"destination", row.destination}});
  for (const auto& [partition, position] : row.behind) {
    batch.Insert(kBehind, {{"p", p},
                           {"destination", row.destination},
                           {"events_p", partition},
                           {"position", position}});
  }
  if (row.backoff.failures == 0) {
    batch.Delete(kDestinations, {{"p", p}, {"destination", row.destination}});
    return;
  }
  batch.Upsert(kDestinations, {{"p", p},
                               {"destination", row.destination},
                               {"failures", row.backoff.failures},
                               {"retry_at", absl::ToUnixMillis(row.backoff.retry_at)},
                               {"last_error", row.last_error}});
}

void SaveMark(store::Batch& batch, Partition p, int64_t position) {
  batch.Upsert(kMarks, {{"p", p}, {"position", position}});
}

void PutEdu(store::Batch& batch, Partition p, std::string_view destination, const EduRow& edu) {
  batch.Upsert(kEdus, {{"p", p},
                       {"destination", destination},
                       {"edu_key", edu.key},
                       {"seq", edu.seq},
                       {"json", store::Bytes(edu.json)}});
}

void DeleteEdu(store::Batch& batch, Partition p, std::string_view destination, const EduRow& edu) {
  batch.DeleteRange(kEdus, {{"p", p}, {"destination", destination}, {"edu_key", edu.key}}, "seq",
                    edu.seq, edu.seq + 1);
}

void DeleteEdusUntil(store::Batch& batch, Partition p, std::string_view destination, int64_t seq) {
  batch.DeleteRange(kEdus, {{"p", p}, {"destination", destination}}, "seq", int64_t{0}, seq + 1);
}

absl::Status ScanDestinations(store::Reader& db, absl::FunctionRef<void(DestinationRow)> on_row) {
  std::map<std::string, DestinationRow> rows;
  PARLEY_RETURN_IF_ERROR(ReadBackoffs(db, rows));
  PARLEY_RETURN_IF_ERROR(ReadBehind(db, rows));
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT DISTINCT destination FROM federation_edus", {},
               [&](const store::Row& row) { rows[row.String(0)].has_edus = true; }));
  for (auto& [destination, row] : rows) {
    row.destination = destination;
    on_row(std::move(row));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> ReadMarks(store::Reader& db, uint32_t partitions) {
  std::vector<int64_t> marks(partitions);
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT p, position FROM federation_marks", {}, [&](const store::Row& row) {
        const auto p = static_cast<size_t>(row.Int(0));
        if (p < marks.size()) marks[p] = row.Int(1);
      }));
  return marks;
}

absl::StatusOr<std::vector<EduRow>> ReadEdus(store::Reader& db, Partition p,
                                             std::string_view destination, size_t limit) {
  std::vector<EduRow> edus;
  PARLEY_RETURN_IF_ERROR(
      db.Query("SELECT edu_key, seq, json FROM federation_edus WHERE p = $1 AND destination = $2 "
               "ORDER BY seq LIMIT $3",
               {p, destination, static_cast<int64_t>(limit)}, [&](const store::Row& row) {
                 edus.push_back({row.String(0), row.Int(1), row.String(2)});
               }));
  return edus;
}

absl::StatusOr<std::optional<int64_t>> LastEduBeyond(store::Reader& db, Partition p,
                                                     std::string_view destination, size_t keep) {
  return db.QueryInt(
      "SELECT seq FROM federation_edus WHERE p = $1 AND destination = $2 "
      "ORDER BY seq DESC LIMIT 1 OFFSET $3",
      {p, destination, static_cast<int64_t>(keep)});
}

absl::StatusOr<int64_t> LastEdu(store::Reader& db) {
  PARLEY_TRY(const auto last, db.QueryInt("SELECT MAX(seq) FROM federation_edus", {}));
  return last.value_or(0);
}

}  // namespace parley::federation
