#include "common/metrics/registry.h"

#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace parley::metrics {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                          0.25,   0.5,   1,      2.5,   5,    10,    30};
const prometheus::Histogram::BucketBoundaries kCounts = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000};

}  // namespace

void Counter::Add(double amount) const {
  if (counter_ != nullptr) counter_->Increment(amount);
}

void Gauge::Set(double value) const {
  if (gauge_ != nullptr) gauge_->Set(value);
}

void Gauge::Add(double amount) const {
  if (gauge_ != nullptr) gauge_->Increment(amount);
}

void Histogram::Observe(double value) const {
  if (histogram_ != nullptr) histogram_->Observe(value);
}

class Registry::Impl {
 public:
  prometheus::Registry registry;

  void AddSampled(Gauge gauge, std::function<double()> value) {
    absl::MutexLock lock(&mutex_);
    sampled_.emplace_back(gauge, std::move(value));
  }

  void Sample() {
    absl::MutexLock lock(&mutex_);
    for (const auto& [gauge, value] : sampled_) gauge.Set(value());
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::pair<Gauge, std::function<double()>>> sampled_ ABSL_GUARDED_BY(mutex_);
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

Counter Registry::AddCounter(const std::string& name, const std::string& help, const Labels& labels) {
  return Counter(&prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(labels));
}

Gauge Registry::AddGauge(const std::string& name, const std::string& help, const Labels& labels) {
  return Gauge(&prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(labels));
}

Histogram Registry::AddLatency(const std::string& name, const std::string& help, const Labels& labels) {
  return Histogram(
      &prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry).Add(labels, kSeconds));
}

Histogram Registry::AddSizes(const std::string& name, const std::string& help, const Labels& labels) {
  return Histogram(&prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry).Add(labels, kCounts));
}

void Registry::AddGauge(const std::string& name, const std::string& help, const Labels& labels,
                        std::function<double()> value) {
  impl_->AddSampled(AddGauge(name, help, labels), std::move(value));
}

std::string Registry::Text() {
  impl_->Sample();
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace parley::metrics
