#pragma once

#include "common/store/reader.h"

struct pg_result;

namespace parley::store::postgres {

// The rows of a binary result, one after another. Borrows it.
class ResultRow final : public Row {
 public:
  explicit ResultRow(const pg_result* result) : result_(result) {}

  bool valid() const;
  void Next() { ++row_; }

  bool IsNull(int column) const override;
  int64_t Int(int column) const override;
  std::string_view Text(int column) const override;

 private:
  const pg_result* result_;
  int row_ = 0;
};

}  // namespace parley::store::postgres
