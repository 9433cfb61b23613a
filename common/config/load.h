#pragma once

#include <functional>
#include <optional>
#include <string>

#include <absl/status/status.h>

#include "common/config/table.h"

namespace parley::config {

// Reads `yaml` into the table's targets. `source` names it in errors ("parley.yaml").
// InvalidArgument, one sentence with the line: for what is no YAML, an unknown key (with the nearest known one), a value
// of another type or out of bounds. Targets may be changed in part then.
absl::Status LoadYaml(const Table& table, const std::string& yaml, const std::string& source);

// Overrides from the environment, PARLEY_SECTION_KEY; lists are separated by commas. `get` is std::getenv, or a test's.
absl::Status LoadEnvironment(const Table& table,
                             const std::function<std::optional<std::string>(const std::string&)>& get);

// LoadYaml of the file at `path` (empty: no file) and then LoadEnvironment of the process' own environment.
absl::Status Load(const Table& table, const std::string& path);

}  // namespace parley::config
