#pragma once

#include <cstddef>

#include <absl/functional/function_ref.h>

namespace parley::events {

// Calls work(0) … work(count - 1), spread over all cores when there are many; returns when all are
// done. `work` must stand being called from several threads at once.
void OnAllCores(size_t count, absl::FunctionRef<void(size_t)> work);

// The same with one thread for each call, `limit` at most: for work that waits for others.
void AtOnce(size_t count, size_t limit, absl::FunctionRef<void(size_t)> work);

}  // namespace parley::events
