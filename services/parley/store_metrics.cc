#include "services/parley/store_metrics.h"

namespace parley {

StoreMetrics::StoreMetrics(metrics::Registry& registry)
    : registry_(registry),
      commit_seconds_(registry.AddLatency("parley_store_commit_seconds", "Synced transactions, and how long they took")),
      commit_batches_(registry.AddSizes("parley_store_commit_batches", "Batches merged into a transaction")),
      queued_(registry.AddGauge("parley_store_queued_batches", "Batches that wait for the committer")),
      read_seconds_(registry.AddLatency("parley_store_read_seconds", "Reads, and how long they took")) {
  for (const std::string_view why : {"fence", "conflict", "unavailable", "schema", "full"}) RefusedFor(why);
}

void StoreMetrics::Committed(size_t batches, absl::Duration took, size_t queued) {
  commit_seconds_.Observe(took);
  commit_batches_.Observe(static_cast<double>(batches));
  queued_.Set(static_cast<double>(queued));
}

metrics::Counter StoreMetrics::RefusedFor(std::string_view why) {
  return registry_.AddCounter("parley_store_refused_total", "Batches that were not written", {{"why", std::string(why)}});
}

void StoreMetrics::Refused(std::string_view why) { RefusedFor(why).Add(); }

void StoreMetrics::ConnectFailed() {
  registry_.AddCounter("parley_store_connect_failures_total", "Failed attempts to reach the database server", {}).Add();
}

void StoreMetrics::HasRead(absl::Duration took) { read_seconds_.Observe(took); }

void StoreMetrics::Pruned(std::string_view table, int64_t deleted, int64_t left) {
  const metrics::Labels labels = {{"table", std::string(table)}};
  registry_.AddCounter("parley_store_pruned_rows_total", "Rows that retention removed", labels)
      .Add(static_cast<double>(deleted));
  registry_.AddGauge("parley_store_change_rows", "Rows in tables of changes", labels).Set(static_cast<double>(left));
}

}  // namespace parley
