#include <benchmark/benchmark.h>

#include "common/base/rng.h"
#include "common/crypto/hash.h"
#include "common/crypto/sign.h"

namespace parley::crypto {
namespace {

void BM_Sign(benchmark::State& state) {
  const SigningKey key = SigningKey::Generate(Rng::System());
  const std::string message(600, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(key.Sign(message));
}
BENCHMARK(BM_Sign);

void BM_Verify(benchmark::State& state) {
  const SigningKey key = SigningKey::Generate(Rng::System());
  const std::string message(600, 'x'), signature = key.Sign(message);
  for (auto _ : state) benchmark::DoNotOptimize(Verify(key.public_key(), message, signature));
}
BENCHMARK(BM_Verify);

void BM_Sha256(benchmark::State& state) {
  const std::string message(600, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(Sha256(message));
}
BENCHMARK(BM_Sha256);

}  // namespace
}  // namespace parley::crypto
