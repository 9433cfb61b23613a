#include "common/runtime/work_pool.h"

#include <pthread.h>

#include <utility>

namespace parley {

WorkPool::WorkPool(Options options) : options_(std::move(options)) {
  threads_.reserve(options_.threads);
  for (int i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { Run(); });
  }
}

WorkPool::~WorkPool() { Drain(); }

bool WorkPool::TryPost(Work work) {
  absl::MutexLock lock(&mutex_);
  if (draining_ || queue_.size() >= options_.max_queued) return false;
  queue_.push_back(std::move(work));
  return true;
}

void WorkPool::Drain() {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

size_t WorkPool::queued() const {
  absl::MutexLock lock(&mutex_);
  return queue_.size();
}

int WorkPool::busy() const {
  absl::MutexLock lock(&mutex_);
  return busy_;
}

void WorkPool::Run() {
  pthread_setname_np(pthread_self(), options_.name.substr(0, 15).c_str());
  absl::MutexLock lock(&mutex_);
  while (true) {
    mutex_.Await(absl::Condition(this, &WorkPool::HasWorkOrEnds));
    if (queue_.empty()) return;
    Work work = std::move(queue_.front());
    queue_.pop_front();
    ++busy_;
    mutex_.Unlock();
    std::move(work)();
    work = nullptr;  // what it captured is destroyed outside of the lock
    mutex_.Lock();
    --busy_;
  }
}

}  // namespace parley
