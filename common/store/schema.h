#pragma once

#include <string>
#include <vector>

#include <absl/status/status.h>

// Tables as data, so that each engine renders them in its own words. A service keeps one list of
// migrations in its store.cc and hands it to Open; it never writes CREATE TABLE.
namespace parley::store {

enum class Type { kInteger, kText, kBytes };

struct Column {
  std::string name;
  Type type = Type::kInteger;
  bool nullable = false;
};

struct Index {
  std::string name;                  // unique in the whole store: "<table>_by_<what>"
  std::vector<std::string> columns;  // begins with "p", like the primary key
  bool unique = false;
};

struct Table {
  std::string name;  // begins with the service's name: the store is shared
  std::vector<Column> columns;
  std::vector<std::string>
      primary_key;  // begins with "p", the partition: it is the distribution column
  std::vector<Index> indexes = {};
  // Rows live in the primary key's tree itself. Best for narrow rows (a few hundred bytes); wide
  // ones, such as event JSON, are better off without.
  bool clustered = true;
};

struct AddColumn {
  std::string table;
  Column column;  // nullable: old rows and old binaries have no value for it
};

struct AddIndex {
  std::string table;
  Index index;
};

// One forward step of one service's schema. Numbers begin at 1 and have no gaps; a step that has
// shipped never changes. Expand first, contract a version later: version N-1 runs beside N.
struct Migration {
  std::string service = {};
  int number = 1;
  std::vector<Table> tables = {};
  std::vector<AddColumn> columns = {};  // of tables of earlier migrations, as are the indexes
  std::vector<AddIndex> indexes = {};
  std::vector<std::string> statements =
      {};  // what data alone can't say; SQL that SQLite and PostgreSQL both speak
};

// InvalidArgument with one sentence when a migration breaks a rule above.
absl::Status Validate(const std::vector<Migration>& migrations);

}  // namespace parley::store
