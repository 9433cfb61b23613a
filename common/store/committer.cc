#include "common/store/committer.h"

#include <utility>

#include <absl/time/clock.h>

namespace parley::store {
namespace {

std::string_view WhyRefused(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kAborted:
      return "fence";
    case absl::StatusCode::kAlreadyExists:
      return "conflict";
    case absl::StatusCode::kUnavailable:
      return "unavailable";
    default:
      return "schema";
  }
}

}  // namespace

Committer::Committer(CommitEngine& engine, Probe& probe, CommitterOptions options)
    : engine_(engine), probe_(probe), options_(options), thread_([this] { Run(); }) {}

Committer::~Committer() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

absl::Status Committer::Enqueue(Batch batch, std::optional<Fence> fence, CommitDone done) {
  const size_t bytes = batch.ApproximateBytes();
  absl::MutexLock lock(&mutex_);
  if (queue_.size() >= options_.max_queued_batches ||
      queued_bytes_ + bytes > options_.max_queued_bytes) {
    probe_.Refused("full");
    return absl::ResourceExhaustedError("the store's queue is full");
  }
  queued_bytes_ += bytes;
  queue_.push_back({std::move(batch), fence, std::move(done), bytes, absl::OkStatus()});
  return absl::OkStatus();
}

void Committer::Run() {
  size_t left = 0;
  for (auto group = TakeGroup(left); !group.empty(); group = TakeGroup(left)) {
    const absl::Time start = absl::Now();
    engine_.Apply(absl::MakeSpan(group));
    probe_.Committed(group.size(), absl::Now() - start, left);
    Finish(std::move(group));
  }
}

std::vector<CommitJob> Committer::TakeGroup(size_t& left) {
  std::vector<CommitJob> group;
  absl::MutexLock lock(&mutex_, absl::Condition(this, &Committer::HasWork));
  size_t bytes = 0;
  while (!queue_.empty() && group.size() < options_.max_merged_batches &&
         bytes <= options_.max_merged_bytes) {
    bytes += queue_.front().bytes;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_bytes_ -= bytes;
  left = queue_.size();
  return group;
}

void Committer::Finish(std::vector<CommitJob> group) {
  for (CommitJob& job : group) {
    if (!job.result.ok()) probe_.Refused(WhyRefused(job.result));
    if (job.done) std::move(job.done)(std::move(job.result));
  }
}

}  // namespace parley::store
