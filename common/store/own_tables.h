#pragma once

#include <map>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "common/store/schema.h"

// What every engine keeps for itself in its store.
namespace parley::store {

// store_migrations, store_numbers, streams.
const std::vector<Table>& OwnTables();

// The number of the last migration of each service.
using Applied = std::map<std::string, int>;

// FailedPrecondition, one sentence, when the store has a newer migration than this binary knows.
absl::Status RefuseNewer(const Applied& applied, const std::vector<Migration>& migrations);
bool IsMissing(const Applied& applied, const Migration& migration);

// For a new store; positive.
int64_t RandomIncarnation();

}  // namespace parley::store
