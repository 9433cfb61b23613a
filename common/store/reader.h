#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "common/store/value.h"

namespace parley::store {

// One row of an answer; columns count from 0, in the order of the SELECT. Views last until the
// row's callback returns.
class Row {
 public:
  virtual bool IsNull(int column) const = 0;
  virtual int64_t Int(int column) const = 0;  // 0 for NULL
  // Text or bytes; empty for NULL.
  virtual std::string_view Text(int column) const = 0;

  std::string String(int column) const { return std::string(Text(column)); }
  std::optional<int64_t> MaybeInt(int column) const;
  std::optional<std::string> MaybeString(int column) const;

 protected:
  ~Row() = default;
};

using RowCallback = absl::FunctionRef<void(const Row&)>;

// A consistent snapshot of everything that was committed when it began. SQL keeps to what SQLite
// and PostgreSQL share, with arguments as $1, $2 …; its text is the key of the statement cache, so
// keep it constant.
//
// Threads: one. Lifetime: inside the callback of Store::Read. Errors: Unavailable when the disk or
// server did not answer, Internal for SQL that is wrong.
class Reader {
 public:
  // Calls `on_row` for each row. A callback may run further queries.
  virtual absl::Status Query(std::string_view sql, absl::Span<const Arg> args,
                             RowCallback on_row) = 0;

  absl::Status Query(std::string_view sql, std::initializer_list<Arg> args, RowCallback on_row) {
    return Query(sql, absl::MakeConstSpan(args.begin(), args.size()), on_row);
  }
  // True if there was a row; of several, `on_row` sees each.
  absl::StatusOr<bool> QueryOne(std::string_view sql, std::initializer_list<Arg> args,
                                RowCallback on_row);
  // The first column of the last row; nullopt if there is no row or it holds NULL.
  absl::StatusOr<std::optional<int64_t>> QueryInt(std::string_view sql,
                                                  std::initializer_list<Arg> args);
  absl::StatusOr<std::optional<std::string>> QueryString(std::string_view sql,
                                                         std::initializer_list<Arg> args);

 protected:
  ~Reader() = default;
};

}  // namespace parley::store
