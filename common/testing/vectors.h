#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/json/value.h"

namespace parley::testing {

// The lines of $PARLEY_SHARED/adversarial/vectors/<file> (or ../shared beside the source tree), each one
// JSON object. Nothing when the file isn't there: GTEST_SKIP then. A line that can't be read aborts.
std::optional<std::vector<json::Object>> LoadVectors(const std::string& file);

}  // namespace parley::testing
