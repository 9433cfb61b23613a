#pragma once

#include <vector>

#include "common/store/schema.h"

namespace parley::store {

// What migrations come to: every table as the last one leaves it, with its columns and indexes, in
// the order in which they were made; the store's own tables first.
std::vector<Table> TablesOf(const std::vector<Migration>& migrations);

}  // namespace parley::store
