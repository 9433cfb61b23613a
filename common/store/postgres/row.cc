#include "common/store/postgres/row.h"

#include <libpq-fe.h>

namespace parley::store::postgres {

bool ResultRow::valid() const {
  return row_ < PQntuples(result_);
}

bool ResultRow::IsNull(int column) const {
  return PQgetisnull(result_, row_, column) != 0;
}

// Big-endian, of 1 (boolean), 2, 4 or 8 bytes.
int64_t ResultRow::Int(int column) const {
  const std::string_view bytes = Text(column);
  if (bytes.empty()) return 0;
  int64_t value = static_cast<signed char>(bytes.front());
  for (const char byte : bytes.substr(1)) {
    value =
        static_cast<int64_t>(static_cast<uint64_t>(value) << 8) | static_cast<unsigned char>(byte);
  }
  return value;
}

std::string_view ResultRow::Text(int column) const {
  return {PQgetvalue(result_, row_, column),
          static_cast<size_t>(PQgetlength(result_, row_, column))};
}

}  // namespace parley::store::postgres
