#include "common/store/schema.h"

#include <algorithm>
#include <map>

#include "common/base/strings.h"
#include "common/status/macros.h"

namespace parley::store {
namespace {

bool HasColumn(const Table& table, const std::string& name) {
  return std::any_of(table.columns.begin(), table.columns.end(),
                     [&](const Column& column) { return column.name == name; });
}

absl::Status ValidateKey(const Table& table, const std::vector<std::string>& key,
                         std::string_view what) {
  if (key.empty() || key.front() != "p") {
    return absl::InvalidArgumentError(
        StrCat(what, " of table ", table.name, " must begin with p, the partition"));
  }
  for (const std::string& column : key) {
    if (!HasColumn(table, column)) {
      return absl::InvalidArgumentError(
          StrCat(what, " of table ", table.name, " names no column of it: ", column));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateTable(const Table& table) {
  PARLEY_RETURN_IF_ERROR(ValidateKey(table, table.primary_key, "the primary key"));
  for (const Index& index : table.indexes) {
    PARLEY_RETURN_IF_ERROR(ValidateKey(table, index.columns, StrCat("index ", index.name)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const std::vector<Migration>& migrations) {
  std::map<std::string, int> last;
  for (const Migration& migration : migrations) {
    if (migration.number != ++last[migration.service]) {
      return absl::InvalidArgumentError(StrCat("migrations of ", migration.service,
                                               " must be numbered 1, 2, …: got ",
                                               migration.number));
    }
    for (const Table& table : migration.tables) PARLEY_RETURN_IF_ERROR(ValidateTable(table));
    for (const AddColumn& added : migration.columns) {
      if (!added.column.nullable) {
        return absl::InvalidArgumentError(
            StrCat("an added column must be nullable: ", added.column.name));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace parley::store
