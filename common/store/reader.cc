#include "common/store/reader.h"

#include "common/status/macros.h"

namespace parley::store {

std::optional<int64_t> Row::MaybeInt(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Int(column);
}

std::optional<std::string> Row::MaybeString(int column) const {
  if (IsNull(column)) return std::nullopt;
  return String(column);
}

absl::StatusOr<bool> Reader::QueryOne(std::string_view sql, std::initializer_list<Arg> args,
                                      RowCallback on_row) {
  bool found = false;
  PARLEY_RETURN_IF_ERROR(Query(sql, args, [&](const Row& row) {
    found = true;
    on_row(row);
  }));
  return found;
}

absl::StatusOr<std::optional<int64_t>> Reader::QueryInt(std::string_view sql,
                                                        std::initializer_list<Arg> args) {
  std::optional<int64_t> answer;
  PARLEY_RETURN_IF_ERROR(Query(sql, args, [&](const Row& row) { answer = row.MaybeInt(0); }));
  return answer;
}

absl::StatusOr<std::optional<std::string>> Reader::QueryString(std::string_view sql,
                                                               std::initializer_list<Arg> args) {
  std::optional<std::string> answer;
  PARLEY_RETURN_IF_ERROR(Query(sql, args, [&](const Row& row) { answer = row.MaybeString(0); }));
  return answer;
}

}  // namespace parley::store
