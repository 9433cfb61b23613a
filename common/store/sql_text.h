#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <absl/types/span.h>

#include "common/base/strings.h"
#include "common/store/batch.h"
#include "common/store/schema.h"

// The parts of SQL text that engines render alike.
namespace parley::store {

using Names = absl::Span<const std::string_view>;

// Joins what `each` makes of the name and number (from 0) of each column.
template <class Each>
std::string Join(Names names, std::string_view separator, Each each) {
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) StrAppend(&out, i ? separator : "", each(names[i], i));
  return out;
}

inline std::string List(Names names) {
  return Join(names, ", ", [](std::string_view name, size_t) { return name; });
}

inline std::string List(const std::vector<std::string>& names) {
  return List(std::vector<std::string_view>(names.begin(), names.end()));
}

// " ON CONFLICT (the primary key) DO UPDATE SET …" for the columns that are not of the key.
inline std::string OnConflictSet(const Operation& operation,
                                 const std::vector<std::string>& primary_key) {
  std::vector<std::string_view> rest;
  for (const std::string_view column : operation.columns) {
    if (std::find(primary_key.begin(), primary_key.end(), column) == primary_key.end())
      rest.push_back(column);
  }
  const std::string sets = Join(
      rest, ", ", [](std::string_view name, size_t) { return StrCat(name, " = excluded.", name); });
  return StrCat(" ON CONFLICT (", List(primary_key), ") DO ",
                rest.empty() ? "NOTHING" : "UPDATE SET ", sets);
}

inline std::string CreateIndex(std::string_view table, const Index& index) {
  return StrCat("CREATE ", index.unique ? "UNIQUE " : "", "INDEX ", index.name, " ON ", table, " (",
                List(index.columns), ")");
}

}  // namespace parley::store
