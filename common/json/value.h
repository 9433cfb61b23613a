#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <absl/status/statusor.h>

// A JSON document as a plain value, for logic that looks into events and requests. What is only
// passed on stays bytes (splice.h).
namespace parley::json {

class Value;

// Members in the order they were read or set. Keys are unique. Lookup is linear: Matrix objects are
// small; where one is large (power levels' users) the caller builds an index.
class Object {
 public:
  using Member = std::pair<std::string, Value>;

  Object();
  Object(std::initializer_list<Member> members);
  Object(const Object&);
  Object(Object&&) noexcept;
  Object& operator=(const Object&);
  Object& operator=(Object&&) noexcept;
  ~Object();

  const Value* Find(std::string_view key) const;
  Value* Find(std::string_view key);
  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  // Sets or replaces.
  void Set(std::string_view key, Value value);
  // Appends without looking for an equal key: the caller knows there is none.
  void Append(std::string key, Value value);
  // True if there was one.
  bool Erase(std::string_view key);
  void Reserve(size_t members);

  size_t size() const;
  bool empty() const { return size() == 0; }
  std::vector<Member>::const_iterator begin() const;
  std::vector<Member>::const_iterator end() const;
  std::vector<Member>::iterator begin();
  std::vector<Member>::iterator end();

 private:
  std::vector<Member> members_;
};

using Array = std::vector<Value>;

// Null, boolean, integer, double, string, array or object. A value type: copies are deep, moves are
// cheap. Threads: like std::string. Strings are UTF-8.
class Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}
  // A template, so that no pointer becomes `true` by accident.
  Value(std::same_as<bool> auto b) : data_(static_cast<bool>(b)) {}
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  Value(I i) : data_(static_cast<int64_t>(i)) {}
  Value(double d) : data_(d) {}
  Value(const char* s) : data_(std::string(s)) {}
  Value(std::string_view s) : data_(std::string(s)) {}
  Value(std::string s) : data_(std::move(s)) {}
  Value(Array a) : data_(std::move(a)) {}
  Value(Object o) : data_(std::move(o)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  bool is_int() const { return std::holds_alternative<int64_t>(data_); }
  bool is_double() const { return std::holds_alternative<double>(data_); }
  bool is_string() const { return std::holds_alternative<std::string>(data_); }
  bool is_array() const { return std::holds_alternative<Array>(data_); }
  bool is_object() const { return std::holds_alternative<Object>(data_); }

  // Null pointer when the value is of another kind.
  const bool* AsBool() const { return std::get_if<bool>(&data_); }
  const int64_t* AsInt() const { return std::get_if<int64_t>(&data_); }
  const double* AsDouble() const { return std::get_if<double>(&data_); }
  const std::string* AsString() const { return std::get_if<std::string>(&data_); }
  const Array* AsArray() const { return std::get_if<Array>(&data_); }
  const Object* AsObject() const { return std::get_if<Object>(&data_); }
  Array* AsArray() { return std::get_if<Array>(&data_); }
  Object* AsObject() { return std::get_if<Object>(&data_); }

  // The member `key`, or null when this is no object or has none.
  const Value* Find(std::string_view key) const;

  // Members may stand in any order. 1 and 1.0 differ.
  friend bool operator==(const Value& a, const Value& b);

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> data_;
};

// Typed look-ups of a member; null (or `fallback`) when it is absent or of another kind.
const std::string* FindString(const Object& object, std::string_view key);
const int64_t* FindInt(const Object& object, std::string_view key);
const Object* FindObject(const Object& object, std::string_view key);
const Array* FindArray(const Object& object, std::string_view key);
std::string_view StringOr(const Object& object, std::string_view key, std::string_view fallback);
int64_t IntOr(const Object& object, std::string_view key, int64_t fallback);
bool BoolOr(const Object& object, std::string_view key, bool fallback);

// What a parse accepts. Whatever the limits, a text that is no JSON, is not UTF-8, begins with a byte
// order mark, or holds a duplicate key or a lone surrogate is refused.
struct Limits {
  // How many arrays and objects may stand within each other, the outermost included.
  int max_depth = 200;
  // Canonical JSON's numbers: integers within ±(2^53 - 1), however they are written (1e3 is 1000),
  // and nothing else. Off: doubles and larger numbers pass (push rules, account data), as doubles.
  bool canonical_numbers = false;
};

// The depth for what clients send: lower than the default, so that what was accepted inside a request
// can still be read once it stands inside an event, and that inside a transaction.
inline constexpr int kMaxRequestDepth = 128;

// M_NOT_JSON for text that is not JSON; M_BAD_JSON for JSON outside of the limits (duplicate keys are
// M_BAD_JSON too). Never throws; never recurses deeper than max_depth. `text` needs no padding and is
// not kept. Time is linear in the text, whatever the text.
absl::StatusOr<Value> Parse(std::string_view text, const Limits& limits = {});

// Parse, and M_BAD_JSON unless the document is an object.
absl::StatusOr<Object> ParseObject(std::string_view text, const Limits& limits = {});

// Canonical JSON (Appendices): keys sorted by code point, shortest form, no white space. Doubles, which
// canonical JSON does not have, are written in their shortest round-trip form.
std::string Serialize(const Value& value);
std::string Serialize(const Object& object);
void AppendTo(std::string& out, const Value& value);
void AppendTo(std::string& out, const Object& object);
// `text` as a JSON string, with its quotes.
void AppendQuoted(std::string& out, std::string_view text);
std::string Quoted(std::string_view text);

}  // namespace parley::json
