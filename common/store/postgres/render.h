#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/store/batch.h"
#include "common/store/schema.h"

// Schema and writes in PostgreSQL's words. Text is bytea, as bytes are: any byte may stand in it,
// and it compares as in SQLite.
namespace parley::store::postgres {

std::string CreateTable(const Table& table);
std::string CreateIndex(std::string_view table, const Index& index);
std::string AlterTable(const AddColumn& added);

// The statement for any number of rows of `operation`'s shape; its parameters are arrays, one for
// each column. `types` are those of `operation.columns` (kDeleteRange: and once more the last).
std::string Write(const Operation& operation, const std::vector<Type>& types,
                  const std::vector<std::string>& primary_key);

}  // namespace parley::store::postgres
