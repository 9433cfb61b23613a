#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/metrics/registry.h"
#include "common/metrics/rpc_observer.h"

namespace parley::metrics {
namespace {

using testing::HasSubstr;

TEST(Registry, WritesWhatWasCounted) {
  Registry registry;
  registry.AddCounter("parley_test_total", "Tests", {{"kind", "unit"}}).Add(2);
  registry.AddCounter("parley_test_total", "Tests", {{"kind", "unit"}}).Add();
  registry.AddLatency("parley_test_seconds", "Time").Observe(absl::Milliseconds(3));
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("# HELP parley_test_total Tests"));
  EXPECT_THAT(text, HasSubstr("parley_test_total{kind=\"unit\"} 3"));
  EXPECT_THAT(text, HasSubstr("parley_test_seconds_count 1"));
}

TEST(Registry, AsksForASampledGaugeAtEachScrape) {
  Registry registry;
  double depth = 1;
  registry.AddGauge("parley_test_depth", "Depth", {}, [&] { return depth; });
  EXPECT_THAT(registry.Text(), HasSubstr("parley_test_depth 1"));
  depth = 7;
  EXPECT_THAT(registry.Text(), HasSubstr("parley_test_depth 7"));
}

TEST(RpcObserver, CountsByMethodAndCode) {
  Registry registry;
  RpcObserver observer(registry, "server");
  const rpc::Method send{"/parley.events.v1.Events/Send", "events.Send"};
  observer.Finished(send, absl::OkStatus(), absl::Milliseconds(1));
  observer.Finished(send, absl::UnavailableError(""), absl::Milliseconds(1));
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("parley_rpc_server_calls_total{code=\"OK\",method=\"events.Send\"} 1"));
  EXPECT_THAT(text, HasSubstr("parley_rpc_server_calls_total{code=\"UNAVAILABLE\",method=\"events.Send\"} 1"));
  EXPECT_THAT(text, HasSubstr("parley_rpc_server_seconds_count{method=\"events.Send\"} 2"));
}

TEST(Handles, CountNothingWhenMadeByDefault) {
  Counter().Add();
  Gauge().Set(1);
  Histogram().Observe(1.0);
}

}  // namespace
}  // namespace parley::metrics
