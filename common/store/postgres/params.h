#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/types/span.h>

#include "common/store/value.h"

namespace parley::store::postgres {

// The parameters of one statement, in PostgreSQL's binary format. Text and bytes are both bytea
// there: any byte may stand in them, and they compare as in SQLite. A value; text and bytes of
// Args are borrowed until the statement is sent.
class Params {
 public:
  Params() = default;
  explicit Params(absl::Span<const Arg> args);

  void AddInteger(int64_t value);
  // Borrows.
  void AddBytes(std::string_view value);
  void AddNull();
  // Array parameters, made by IntegerArray and BytesArray; owned.
  void AddIntegers(std::string array);
  void AddByteStrings(std::string array);

  int size() const { return static_cast<int>(items_.size()); }
  // "ib": one letter for each type; statements of the same text but other types differ.
  std::string Signature() const;

  // As libpq takes them; valid until the next Add.
  struct Raw {
    std::vector<unsigned> types;
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  };
  Raw ToRaw() const;

 private:
  struct Item {
    unsigned type = 0;  // 0: the server finds out
    bool is_null = false;
    std::string_view borrowed;
    std::string owned;
  };
  std::vector<Item> items_;
};

// One-dimensional arrays in binary format. Rows without a value (kNull) become NULL.
std::string IntegerArray(absl::Span<const Value* const> values);
std::string BytesArray(absl::Span<const Value* const> values);

}  // namespace parley::store::postgres
