#pragma once

#include <cstdint>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/store/schema.h"
#include "common/store/sqlite/connection.h"

namespace parley::store::sqlite {

// Brings the file to the newest of `migrations`, all in one transaction: a failure leaves the file
// as it was. FailedPrecondition when the file has a newer one than we know: an older binary must
// not write there.
absl::Status Migrate(Connection& connection, const std::vector<Migration>& migrations);

// The store's incarnation; made at the first call on a file.
absl::StatusOr<uint64_t> Incarnation(Connection& connection);

}  // namespace parley::store::sqlite
