#include "common/store/postgres/params.h"

#include <endian.h>

#include <cstring>
#include <utility>

namespace parley::store::postgres {
namespace {

constexpr unsigned kInt8 = 20;
constexpr unsigned kBytea = 17;
constexpr unsigned kInt8Array = 1016;
constexpr unsigned kByteaArray = 1001;
constexpr int32_t kNullLength = -1;

void Append32(std::string& out, int32_t value) {
  const uint32_t big = htobe32(static_cast<uint32_t>(value));
  out.append(reinterpret_cast<const char*>(&big), sizeof(big));
}

void Append64(std::string& out, int64_t value) {
  const uint64_t big = htobe64(static_cast<uint64_t>(value));
  out.append(reinterpret_cast<const char*>(&big), sizeof(big));
}

std::string ArrayHead(unsigned element, size_t size, size_t bytes) {
  std::string out;
  out.reserve(20 + bytes);
  Append32(out, 1);  // dimensions
  Append32(out, 1);  // there may be NULLs
  Append32(out, static_cast<int32_t>(element));
  Append32(out, static_cast<int32_t>(size));
  Append32(out, 1);  // the first index
  return out;
}

char LetterOf(unsigned type) {
  switch (type) {
    case kInt8:
      return 'i';
    case kBytea:
      return 'b';
    case kInt8Array:
      return 'I';
    case kByteaArray:
      return 'B';
    default:
      return 'n';
  }
}

}  // namespace

Params::Params(absl::Span<const Arg> args) {
  items_.reserve(args.size());
  for (const Arg& arg : args) {
    switch (arg.kind()) {
      case Kind::kNull:
        AddNull();
        break;
      case Kind::kInteger:
        AddInteger(arg.integer());
        break;
      case Kind::kText:
      case Kind::kBytes:
        AddBytes(arg.data());
        break;
    }
  }
}

void Params::AddInteger(int64_t value) {
  std::string bytes;
  Append64(bytes, value);
  items_.push_back({kInt8, false, {}, std::move(bytes)});
}

void Params::AddBytes(std::string_view value) {
  items_.push_back({kBytea, false, value.data() ? value : "", {}});
}

void Params::AddNull() {
  items_.push_back({0, true, {}, {}});
}

void Params::AddIntegers(std::string array) {
  items_.push_back({kInt8Array, false, {}, std::move(array)});
}

void Params::AddByteStrings(std::string array) {
  items_.push_back({kByteaArray, false, {}, std::move(array)});
}

std::string Params::Signature() const {
  std::string letters;
  for (const Item& item : items_) letters.push_back(LetterOf(item.type));
  return letters;
}

Params::Raw Params::ToRaw() const {
  Raw raw;
  for (const Item& item : items_) {
    const std::string_view data = item.borrowed.data() ? item.borrowed : item.owned;
    raw.types.push_back(item.type);
    raw.values.push_back(item.is_null ? nullptr : data.data());
    raw.lengths.push_back(static_cast<int>(data.size()));
    raw.formats.push_back(1);
  }
  return raw;
}

std::string IntegerArray(absl::Span<const Value* const> values) {
  std::string out = ArrayHead(kInt8, values.size(), values.size() * 12);
  for (const Value* value : values) {
    if (value->kind() == Kind::kNull) {
      Append32(out, kNullLength);
      continue;
    }
    Append32(out, sizeof(int64_t));
    Append64(out, value->integer());
  }
  return out;
}

std::string BytesArray(absl::Span<const Value* const> values) {
  size_t bytes = 0;
  for (const Value* value : values) bytes += 4 + value->data().size();
  std::string out = ArrayHead(kBytea, values.size(), bytes);
  for (const Value* value : values) {
    if (value->kind() == Kind::kNull) {
      Append32(out, kNullLength);
      continue;
    }
    Append32(out, static_cast<int32_t>(value->data().size()));
    out.append(value->data());
  }
  return out;
}

}  // namespace parley::store::postgres
