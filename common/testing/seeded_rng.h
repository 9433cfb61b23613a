#pragma once

#include <mutex>
#include <random>
#include <string>

#include "common/base/rng.h"

namespace parley::testing {

// The same bytes for the same seed. Threads: safe from any.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(uint64_t seed = 1) : engine_(seed) {}

  std::string Bytes(size_t size) override {
    const std::lock_guard lock(mutex_);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(engine_());
    return bytes;
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace parley::testing
