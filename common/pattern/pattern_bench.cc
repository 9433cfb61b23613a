#include <benchmark/benchmark.h>

#include "common/pattern/glob.h"

namespace parley::pattern {
namespace {

void BM_WordInALongText(benchmark::State& state) {
  const Glob glob("tomat*s");
  const std::string text(60000, 't');
  for (auto _ : state) benchmark::DoNotOptimize(glob.MatchesWords(text));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
BENCHMARK(BM_WordInALongText);

void BM_HostilePattern(benchmark::State& state) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "*a";
  const Glob glob(pattern + "b");
  const std::string text(60000, 'a');
  for (auto _ : state) benchmark::DoNotOptimize(glob.MatchesWords(text));
}
BENCHMARK(BM_HostilePattern);

}  // namespace
}  // namespace parley::pattern
