#include "services/accounts/tables/outbox.h"

#include "common/status/macros.h"

namespace parley::accounts::tables {

void PutJob(store::Batch& batch, const Job& job) {
  batch.InsertOrIgnore("accounts_outbox", {{"p", job.partition},
                                           {"kind", job.kind},
                                           {"user_id", job.user_id},
                                           {"generation", job.generation}});
}

void DeleteJob(store::Batch& batch, const Job& job) {
  batch.DeleteRange("accounts_outbox", {{"p", job.partition}, {"kind", job.kind}, {"user_id", job.user_id}},
                    "generation", 0, job.generation + 1);
}

absl::StatusOr<std::vector<Job>> ListJobs(store::Reader& reader, Partition partition, uint32_t limit) {
  std::vector<Job> jobs;
  PARLEY_RETURN_IF_ERROR(reader.Query(
      "SELECT kind, user_id, MAX(generation) FROM accounts_outbox WHERE p = $1 GROUP BY kind, user_id LIMIT $2",
      {partition, limit}, [&](const store::Row& row) {
        jobs.push_back({partition, row.String(0), row.String(1), row.Int(2)});
      }));
  return jobs;
}

}  // namespace parley::accounts::tables
