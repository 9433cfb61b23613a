#pragma once

#include <optional>
#include <string>

namespace parley {

// A whole file as its bytes. Nothing when it can't be read; errno says why.
std::optional<std::string> ReadFile(const std::string& path);

}  // namespace parley
