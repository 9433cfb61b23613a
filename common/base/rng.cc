#include "common/base/rng.h"

#include <cstdlib>

#include <sodium.h>

namespace parley {
namespace {

class SystemRng final : public Rng {
 public:
  SystemRng() {
    if (sodium_init() < 0) std::abort();
  }

  std::string Bytes(size_t size) override {
    std::string bytes(size, '\0');
    randombytes_buf(bytes.data(), size);
    return bytes;
  }
};

}  // namespace

Rng& Rng::System() {
  static SystemRng rng;
  return rng;
}

}  // namespace parley
