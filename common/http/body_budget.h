#pragma once

#include <cstddef>

namespace parley::http {

// What the bodies of many requests may hold of memory together, so that those who send much at once
// get a 429 and nobody else does: small bodies are not counted, and one alone always fits. Threads:
// one, of all its shares.
class BodyBudget {
 public:
  static constexpr size_t kSmall = 64 << 10;

  explicit BodyBudget(size_t most) : most_(most) {}

  // That of one request, until it is answered. Lifetime: borrows the budget.
  class Share {
   public:
    explicit Share(BodyBudget& budget) : budget_(budget) {}
    ~Share() { budget_.used_ -= size_; }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // The body is `size` bytes by now. False: there is no room for it.
    bool Grow(size_t size) {
      if (size <= kSmall) return true;
      const size_t others = budget_.used_ - size_;
      if (others > 0 && others + size > budget_.most_) return false;
      budget_.used_ = others + size;
      size_ = size;
      return true;
    }

   private:
    BodyBudget& budget_;
    size_t size_ = 0;
  };

 private:
  const size_t most_;
  size_t used_ = 0;
};

}  // namespace parley::http
