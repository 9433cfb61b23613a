#include <algorithm>
#include <cmath>
#include <optional>

#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>
#include <simdjson.h>

#include "common/json/number_text.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::json {
namespace {

namespace dom = simdjson::dom;

constexpr int64_t kMaxCanonical = (int64_t{1} << 53) - 1;
constexpr size_t kLinearSearchUpTo = 16;
// A parser's buffers grow to some twelve times its largest text; those kept per thread stay small.
constexpr size_t kKeptParserText = 128 * 1024;

absl::StatusOr<Value> Convert(dom::element element, const Limits& limits, int depth);

// Unpaired surrogates come out of an escape as three bytes that are not UTF-8.
bool HasLoneSurrogate(std::string_view text) {
  for (size_t i = text.find('\xed'); i != text.npos; i = text.find('\xed', i + 1)) {
    if (i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xa0) return true;
  }
  return false;
}

absl::Status TooDeep() {
  return BadJson("The JSON is nested too deeply");
}

absl::StatusOr<std::string> ConvertString(std::string_view text) {
  if (HasLoneSurrogate(text)) return BadJson("A string holds half a surrogate pair");
  return std::string(text);
}

absl::StatusOr<Value> ConvertInt(int64_t number, const Limits& limits) {
  if (limits.canonical_numbers && (number > kMaxCanonical || number < -kMaxCanonical)) {
    return BadJson("An integer is outside of ±(2^53 - 1)");
  }
  return Value(number);
}

absl::StatusOr<Value> ConvertDouble(double number, const Limits& limits) {
  // Minus zero would be written as "-0", which reads as the integer 0.
  if (!limits.canonical_numbers) return Value(number == 0 ? 0.0 : number);
  if (std::trunc(number) != number || std::abs(number) > static_cast<double>(kMaxCanonical)) {
    return BadJson("A number is no integer within ±(2^53 - 1)");
  }
  return Value(static_cast<int64_t>(number));
}

bool HasDuplicateKey(const Object& object) {
  if (object.size() > kLinearSearchUpTo) {
    absl::flat_hash_set<std::string_view> keys;
    keys.reserve(object.size());
    return !std::all_of(object.begin(), object.end(),
                        [&keys](const auto& member) { return keys.insert(member.first).second; });
  }
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (std::any_of(object.begin(), it, [it](const auto& m) { return m.first == it->first; })) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<Value> ConvertArray(dom::array elements, const Limits& limits, int depth) {
  if (depth == limits.max_depth) return TooDeep();
  Array array;
  array.reserve(elements.size());
  for (const dom::element element : elements) {
    PARLEY_TRY(Value value, Convert(element, limits, depth + 1));
    array.push_back(std::move(value));
  }
  return Value(std::move(array));
}

absl::StatusOr<Value> ConvertObject(dom::object members, const Limits& limits, int depth) {
  if (depth == limits.max_depth) return TooDeep();
  Object object;
  object.Reserve(members.size());
  for (const dom::key_value_pair member : members) {
    PARLEY_TRY(std::string key, ConvertString(member.key));
    PARLEY_TRY(Value value, Convert(member.value, limits, depth + 1));
    object.Append(std::move(key), std::move(value));
  }
  if (HasDuplicateKey(object)) return BadJson("An object has a key twice");
  return Value(std::move(object));
}

absl::StatusOr<Value> Convert(dom::element element, const Limits& limits, int depth) {
  switch (element.type()) {
    case dom::element_type::ARRAY:
      return ConvertArray(element.get_array().value_unsafe(), limits, depth);
    case dom::element_type::OBJECT:
      return ConvertObject(element.get_object().value_unsafe(), limits, depth);
    case dom::element_type::INT64:
      return ConvertInt(element.get_int64().value_unsafe(), limits);
    case dom::element_type::UINT64:
      return ConvertDouble(static_cast<double>(element.get_uint64().value_unsafe()), limits);
    case dom::element_type::DOUBLE:
      return ConvertDouble(element.get_double().value_unsafe(), limits);
    case dom::element_type::STRING: {
      PARLEY_TRY(std::string text, ConvertString(element.get_string().value_unsafe()));
      return Value(std::move(text));
    }
    case dom::element_type::BOOL:
      return Value(element.get_bool().value_unsafe());
    case dom::element_type::NULL_VALUE:
      break;
  }
  return Value();
}

absl::Status ErrorFor(simdjson::error_code error) {
  switch (error) {
    case simdjson::DEPTH_ERROR:
      return TooDeep();
    case simdjson::CAPACITY:
      return TooLarge("The JSON is too large");
    case simdjson::MEMALLOC:
      return absl::ResourceExhaustedError("no memory for JSON");
    default:
      return NotJson(absl::StrCat("Not JSON: ", simdjson::error_message(error)));
  }
}

// A number that breaks the grammar is no JSON; one that is only too large is JSON outside of our
// limits.
absl::StatusOr<Value> ParseLongNumbers(std::string_view text, const Limits& limits,
                                       dom::parser& parser) {
  const std::optional<std::string> widened = WithLongIntegersAsDoubles(text);
  if (!widened) return ErrorFor(simdjson::NUMBER_ERROR);
  const auto parsed = parser.parse(widened->data(), widened->size(), true);
  if (parsed.error() == simdjson::NUMBER_ERROR) return BadJson("A number is too large");
  if (parsed.error() != simdjson::SUCCESS) return ErrorFor(parsed.error());
  return Convert(parsed.value_unsafe(), limits, 0);
}

absl::StatusOr<Value> ParseWith(dom::parser& parser, std::string_view text, const Limits& limits) {
  const size_t capacity = std::max(text.size(), parser.capacity());
  const size_t depth = static_cast<size_t>(limits.max_depth) + 1;
  if (parser.max_depth() != depth || capacity != parser.capacity()) {
    if (const auto error = parser.allocate(capacity, depth)) return ErrorFor(error);
  }
  const auto parsed = parser.parse(text.data(), text.size(), true);
  if (parsed.error() == simdjson::NUMBER_ERROR) return ParseLongNumbers(text, limits, parser);
  if (parsed.error() != simdjson::SUCCESS) return ErrorFor(parsed.error());
  return Convert(parsed.value_unsafe(), limits, 0);
}

}  // namespace

absl::StatusOr<Value> Parse(std::string_view text, const Limits& limits) {
  if (text.empty()) return ErrorFor(simdjson::EMPTY);  // its bytes may be at no address at all
  if (text.starts_with("\xef\xbb\xbf")) return NotJson("Not JSON: byte order mark");
  if (text.size() > kKeptParserText) {
    dom::parser parser;
    return ParseWith(parser, text, limits);
  }
  thread_local dom::parser kept;
  return ParseWith(kept, text, limits);
}

absl::StatusOr<Object> ParseObject(std::string_view text, const Limits& limits) {
  PARLEY_TRY(Value value, Parse(text, limits));
  if (!value.is_object()) return BadJson("The JSON is not an object");
  return std::move(*value.AsObject());
}

}  // namespace parley::json
