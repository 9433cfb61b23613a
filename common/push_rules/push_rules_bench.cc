#include <benchmark/benchmark.h>

#include "common/push_rules/evaluator.h"
#include "common/push_rules/paths.h"

namespace parley::push_rules {
namespace {

void Evaluate(benchmark::State& state, const CompiledRules& rules) {
  const json::Object content{{"body", "Hello, world! How are you today?"},
                             {"m.mentions", json::Object()},
                             {"msgtype", "m.text"}};
  const EventView event{
      "$e", "!room:example.org", "m.room.message", "@bob:example.org", std::nullopt, &content};
  const RoomView room{.member_count = 100};
  for (auto _ : state) {
    benchmark::DoNotOptimize(rules.Evaluate(event, room, "@alice:example.org"));
  }
}

void BM_DefaultRulesOnAMessage(benchmark::State& state) {
  Evaluate(state, *CompiledRules::Defaults());
}
BENCHMARK(BM_DefaultRulesOnAMessage);

void BM_TenWordsOnAMessage(benchmark::State& state) {
  RuleSet rules;
  for (int i = 0; i < 10; ++i) {
    (void)Set(rules, {"global", "content", std::to_string(i), ""},
              R"({"pattern":"tomato*","actions":["notify"]})", "", "");
  }
  Evaluate(state, CompiledRules(rules));
}
BENCHMARK(BM_TenWordsOnAMessage);

void BM_CompileDefaults(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(CompiledRules(RuleSet()));
}
BENCHMARK(BM_CompileDefaults);

}  // namespace
}  // namespace parley::push_rules
