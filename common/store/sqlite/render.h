#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/store/batch.h"
#include "common/store/schema.h"

// Schema and writes in SQLite's words.
namespace parley::store::sqlite {

std::string CreateTable(const Table& table);
std::string CreateIndex(std::string_view table, const Index& index);
std::string AlterTable(const AddColumn& added);

// The statement for one row of `operation`; its parameters are that row's values in order.
// `primary_key` is the table's, needed for kUpsert alone.
std::string Write(const Operation& operation, const std::vector<std::string>& primary_key);

}  // namespace parley::store::sqlite
