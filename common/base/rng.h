#pragma once

#include <cstddef>
#include <string>

namespace parley {

// Randomness as a parameter. Threads: safe from any.
class Rng {
 public:
  virtual ~Rng() = default;
  // `size` bytes fit for secrets.
  virtual std::string Bytes(size_t size) = 0;

  // The operating system's generator; lives as long as the process.
  static Rng& System();
};

}  // namespace parley
