#include "common/filter/type_patterns.h"

#include <algorithm>

namespace parley::filter {

TypePatterns::TypePatterns(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    const size_t star = pattern.find('*');
    if (star == pattern.npos) {
      exact_.push_back(pattern);
    } else if (star + 1 == pattern.size()) {
      prefixes_.push_back(pattern.substr(0, star));
    } else {
      globs_.push_back(pattern::Glob::StarsOnly(pattern, pattern::CaseMode::kSensitive));
    }
  }
  std::sort(exact_.begin(), exact_.end());
}

bool TypePatterns::Match(std::string_view type) const {
  return std::binary_search(exact_.begin(), exact_.end(), type) ||
         std::any_of(prefixes_.begin(), prefixes_.end(),
                     [type](const auto& prefix) { return type.starts_with(prefix); }) ||
         std::any_of(globs_.begin(), globs_.end(),
                     [type](const auto& glob) { return glob.Matches(type); });
}

}  // namespace parley::filter
