#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <absl/time/time.h>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace parley::metrics {

using Labels = std::map<std::string, std::string>;

// Handles: small values, made by a Registry and valid as long as it. A default-made one counts nothing.
// Threads: all methods from any thread.
class Counter {
 public:
  Counter() = default;
  explicit Counter(prometheus::Counter* counter) : counter_(counter) {}
  void Add(double amount = 1) const;

 private:
  prometheus::Counter* counter_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(prometheus::Gauge* gauge) : gauge_(gauge) {}
  void Set(double value) const;
  void Add(double amount) const;

 private:
  prometheus::Gauge* gauge_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(prometheus::Histogram* histogram) : histogram_(histogram) {}
  void Observe(double value) const;
  void Observe(absl::Duration duration) const { Observe(absl::ToDoubleSeconds(duration)); }

 private:
  prometheus::Histogram* histogram_ = nullptr;
};

// All metrics of a process. Asking twice for the same name and labels gives the same metric.
// Threads: all methods from any thread.
class Registry {
 public:
  Registry();
  ~Registry();

  Counter AddCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge AddGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // Seconds, in buckets from 0.5 ms to 30 s.
  Histogram AddLatency(const std::string& name, const std::string& help, const Labels& labels = {});
  // Counts, in buckets from 1 to 10,000.
  Histogram AddSizes(const std::string& name, const std::string& help, const Labels& labels = {});

  // A gauge whose value is asked for at each scrape; `value` must stay callable as long as this registry.
  void AddGauge(const std::string& name, const std::string& help, const Labels& labels,
                std::function<double()> value);

  // The Prometheus text exposition format.
  std::string Text();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::metrics
