#pragma once

#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

// Early return on a failed Status or StatusOr:
//   PARLEY_RETURN_IF_ERROR(store.Write(row));
//   PARLEY_TRY(const Room room, rooms.Find(id));
#define PARLEY_RETURN_IF_ERROR(expr)                       \
  do {                                                     \
    if (absl::Status parley_status_ = (expr); !parley_status_.ok()) return parley_status_; \
  } while (false)

#define PARLEY_TRY(declaration, expr) \
  PARLEY_TRY_(declaration, expr, PARLEY_CONCAT_(parley_result_, __LINE__))
#define PARLEY_TRY_(declaration, expr, result)        \
  auto result = (expr);                               \
  if (!result.ok()) return std::move(result).status(); \
  declaration = *std::move(result)
#define PARLEY_CONCAT_(a, b) PARLEY_CONCAT2_(a, b)
#define PARLEY_CONCAT2_(a, b) a##b
