#pragma once

#include "common/metrics/registry.h"

namespace parley::federation {

// What the sender exports. Threads: any.
struct SenderMetrics {
  explicit SenderMetrics(metrics::Registry& registry)
      : transactions(registry.AddCounter("parley_federation_transactions_sent_total",
                                         "Transactions that another server has taken")),
        failures(registry.AddCounter("parley_federation_transaction_failures_total",
                                     "Transactions that another server did not take")),
        refused(registry.AddCounter("parley_federation_parts_refused_total",
                                    "Events and EDUs that another server refused by themselves")),
        pdus(registry.AddCounter("parley_federation_pdus_sent_total",
                                 "Events that another server has taken")),
        edus(registry.AddCounter("parley_federation_edus_sent_total",
                                 "EDUs that another server has taken")) {}

  metrics::Counter transactions;
  metrics::Counter failures;
  metrics::Counter refused;
  metrics::Counter pdus;
  metrics::Counter edus;
};

}  // namespace parley::federation
