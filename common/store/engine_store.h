#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <absl/time/clock.h>

#include "common/store/committer.h"
#include "common/store/probe.h"
#include "common/store/store.h"

namespace parley::store {

// A Store over one database engine. `Engine` has a `writer` (for the Committer, with TakeOver) and
// `readers` (with Read). Threads: as Store. Lifetime: borrows the probe; the destructor waits for
// what is queued.
template <class Engine>
class EngineStore final : public Store {
 public:
  EngineStore(std::unique_ptr<Engine> engine, uint64_t incarnation, Probe& probe,
              const CommitterOptions& options)
      : engine_(std::move(engine)),
        incarnation_(incarnation),
        probe_(probe),
        committer_(engine_->writer, probe, options) {}

  absl::Status Enqueue(Batch batch, std::optional<Fence> fence, CommitDone done) override {
    return committer_.Enqueue(std::move(batch), fence, std::move(done));
  }

  absl::Status Read(absl::FunctionRef<absl::Status(Reader&)> read) override {
    const absl::Time start = absl::Now();
    const absl::Status status = engine_->readers.Read(read);
    probe_.HasRead(absl::Now() - start);
    return status;
  }

  absl::StatusOr<std::vector<StreamState>> TakeOver(
      std::string_view service, absl::Span<const Partition> partitions) override {
    return engine_->writer.TakeOver(service, partitions);
  }

  uint64_t incarnation() const override { return incarnation_; }

 private:
  const std::unique_ptr<Engine> engine_;
  const uint64_t incarnation_;
  Probe& probe_;
  Committer committer_;  // last: completes what is queued while the rest still stands
};

}  // namespace parley::store
