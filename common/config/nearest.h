#pragma once

#include <string>
#include <vector>

namespace parley::config {

// The one of `names` that takes the fewest edits (insert, delete, replace a letter) to get to from `name`.
std::string Nearest(const std::string& name, const std::vector<std::string>& names);

}  // namespace parley::config
