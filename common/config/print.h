#pragma once

#include <string>

#include "common/config/table.h"

namespace parley::config {

// Every option with its text as a comment and its value; the loader reads it back. Secrets are left out.
std::string PrintYaml(const Table& table);

// A Markdown page of all options: name, default, environment variable, what it wants and does.
std::string PrintReference(const Table& table);

}  // namespace parley::config
