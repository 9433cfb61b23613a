#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>

#include "common/config/table.h"

namespace parley::config {

// Sets the option from text. InvalidArgument with "must be …" when the text is not what it wants.
absl::Status Assign(const Option& option, const std::string& text);

// Sets a list option.
absl::Status AssignList(const Option& option, std::vector<std::string> items);

bool IsList(const Option& option);

}  // namespace parley::config
