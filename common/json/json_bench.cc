#include <benchmark/benchmark.h>

#include "common/json/splice.h"
#include "common/json/value.h"

namespace parley::json {
namespace {

constexpr std::string_view kEvent =
    R"({"auth_events":["$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","$BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB","$CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"],"content":{"body":"Hello, world! How are you today?","m.mentions":{},"msgtype":"m.text"},"depth":1234,"hashes":{"sha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"origin_server_ts":1700000000000,"prev_events":["$DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD"],"room_id":"!room:example.org","sender":"@alice:example.org","signatures":{"example.org":{"ed25519:a_abcd":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}},"type":"m.room.message"})";

void BM_ParseEvent(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Parse(kEvent, {.canonical_numbers = true}));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kEvent.size()));
}
BENCHMARK(BM_ParseEvent);

void BM_SerializeEvent(benchmark::State& state) {
  const Value event = *Parse(kEvent);
  for (auto _ : state) benchmark::DoNotOptimize(Serialize(event));
}
BENCHMARK(BM_SerializeEvent);

void BM_SpliceFiftyEvents(benchmark::State& state) {
  for (auto _ : state) {
    std::string out;
    Writer w(out);
    w.BeginObject().Key("chunk").BeginArray();
    for (int i = 0; i < 50; ++i) w.Raw(kEvent);
    w.EndArray().EndObject();
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(BM_SpliceFiftyEvents);

}  // namespace
}  // namespace parley::json
