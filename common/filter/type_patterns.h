#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/pattern/glob.h"

namespace parley::filter {

// A list of event types in which `*` matches any run of characters. Immutable. Threads: safe from any.
class TypePatterns {
 public:
  TypePatterns() = default;
  explicit TypePatterns(const std::vector<std::string>& patterns);

  bool Match(std::string_view type) const;
  bool empty() const { return exact_.empty() && prefixes_.empty() && globs_.empty(); }

 private:
  std::vector<std::string> exact_;  // sorted
  std::vector<std::string> prefixes_;
  std::vector<pattern::Glob> globs_;
};

}  // namespace parley::filter
