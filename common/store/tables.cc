#include "common/store/tables.h"

#include <algorithm>

#include "common/store/own_tables.h"

namespace parley::store {
namespace {

// Of an earlier migration, as schema.h says.
Table& Find(std::vector<Table>& tables, const std::string& name) {
  return *std::find_if(tables.begin(), tables.end(),
                       [&](const Table& table) { return table.name == name; });
}

}  // namespace

std::vector<Table> TablesOf(const std::vector<Migration>& migrations) {
  std::vector<Table> tables = OwnTables();
  for (const Migration& migration : migrations) {
    tables.insert(tables.end(), migration.tables.begin(), migration.tables.end());
    for (const AddColumn& added : migration.columns) {
      Find(tables, added.table).columns.push_back(added.column);
    }
    for (const AddIndex& added : migration.indexes) {
      Find(tables, added.table).indexes.push_back(added.index);
    }
  }
  return tables;
}

}  // namespace parley::store
