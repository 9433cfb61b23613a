#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// What a column holds: an integer, text, bytes or NULL. Text and bytes never compare equal, and a
// table refuses a value of another type than its column's.
namespace parley::store {

enum class Kind : uint8_t { kNull, kInteger, kText, kBytes };

// Marks a string as bytes rather than text: `Bytes(json)`.
struct Bytes {
  explicit Bytes(std::string bytes) : data(std::move(bytes)) {}
  explicit Bytes(std::string_view bytes) : data(bytes) {}
  explicit Bytes(const char* bytes) : data(bytes) {}
  std::string data;
};

struct BytesView {
  explicit BytesView(std::string_view bytes) : data(bytes) {}
  std::string_view data;
};

// A value that owns its text or bytes; what a Batch holds.
class Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}
  template <std::integral T>
  Value(T integer) : kind_(Kind::kInteger), integer_(static_cast<int64_t>(integer)) {}
  Value(std::string text) : kind_(Kind::kText), data_(std::move(text)) {}
  Value(std::string_view text) : kind_(Kind::kText), data_(text) {}
  Value(const char* text) : kind_(Kind::kText), data_(text) {}
  Value(Bytes bytes) : kind_(Kind::kBytes), data_(std::move(bytes.data)) {}
  template <class T>
  Value(std::optional<T> value) {
    if (value) *this = Value(*std::move(value));
  }

  Kind kind() const { return kind_; }
  int64_t integer() const { return integer_; }
  const std::string& data() const { return data_; }  // text or bytes

 private:
  Kind kind_ = Kind::kNull;
  int64_t integer_ = 0;
  std::string data_;
};

// A value that borrows its text or bytes; what a query takes as an argument.
class Arg {
 public:
  Arg(std::nullptr_t) {}
  template <std::integral T>
  Arg(T integer) : kind_(Kind::kInteger), integer_(static_cast<int64_t>(integer)) {}
  Arg(std::string_view text) : kind_(Kind::kText), data_(text) {}
  Arg(const std::string& text) : kind_(Kind::kText), data_(text) {}
  Arg(const char* text) : kind_(Kind::kText), data_(text) {}
  Arg(BytesView bytes) : kind_(Kind::kBytes), data_(bytes.data) {}
  Arg(const Bytes& bytes) : kind_(Kind::kBytes), data_(bytes.data) {}
  Arg(const Value& value) : kind_(value.kind()), integer_(value.integer()), data_(value.data()) {}

  Kind kind() const { return kind_; }
  int64_t integer() const { return integer_; }
  std::string_view data() const { return data_; }

 private:
  Kind kind_ = Kind::kNull;
  int64_t integer_ = 0;
  std::string_view data_;
};

}  // namespace parley::store
