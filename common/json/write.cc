#include <algorithm>
#include <array>
#include <charconv>

#include "common/json/value.h"

namespace parley::json {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// For each byte: 0 stands for itself, 'u' needs \u00XX, anything else is its short escape.
constexpr std::array<char, 256> MakeEscapes() {
  std::array<char, 256> escapes{};
  for (size_t i = 0; i < 0x20; ++i) escapes[i] = 'u';
  escapes['\b'] = 'b';
  escapes['\t'] = 't';
  escapes['\n'] = 'n';
  escapes['\f'] = 'f';
  escapes['\r'] = 'r';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}
constexpr std::array<char, 256> kEscapes = MakeEscapes();

template <class Number>
void AppendNumber(std::string& out, Number number) {
  char buffer[32];
  const auto result = std::to_chars(std::begin(buffer), std::end(buffer), number);
  out.append(buffer, result.ptr);
}

void AppendArray(std::string& out, const Array& array) {
  out.push_back('[');
  for (size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out.push_back(',');
    AppendTo(out, array[i]);
  }
  out.push_back(']');
}

void AppendMember(std::string& out, const Object::Member& member) {
  AppendQuoted(out, member.first);
  out.push_back(':');
  AppendTo(out, member.second);
}

bool ByKey(const Object::Member& a, const Object::Member& b) {
  return a.first < b.first;
}

void AppendSorted(std::string& out, const Object& object) {
  std::vector<const Object::Member*> sorted;
  sorted.reserve(object.size());
  for (const Object::Member& member : object) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return ByKey(*a, *b); });
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0) out.push_back(',');
    AppendMember(out, *sorted[i]);
  }
}

}  // namespace

void AppendTo(std::string& out, const Object& object) {
  out.push_back('{');
  if (!std::is_sorted(object.begin(), object.end(), ByKey)) {
    AppendSorted(out, object);
  } else {
    for (auto it = object.begin(); it != object.end(); ++it) {
      if (it != object.begin()) out.push_back(',');
      AppendMember(out, *it);
    }
  }
  out.push_back('}');
}

void AppendTo(std::string& out, const Value& value) {
  if (const auto* text = value.AsString()) {
    AppendQuoted(out, *text);
  } else if (const auto* integer = value.AsInt()) {
    AppendNumber(out, *integer);
  } else if (const auto* object = value.AsObject()) {
    AppendTo(out, *object);
  } else if (const auto* array = value.AsArray()) {
    AppendArray(out, *array);
  } else if (const auto* boolean = value.AsBool()) {
    out.append(*boolean ? "true" : "false");
  } else if (const auto* number = value.AsDouble()) {
    AppendNumber(out, *number);
  } else {
    out.append("null");
  }
}

void AppendQuoted(std::string& out, std::string_view text) {
  out.push_back('"');
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = kEscapes[byte];
    if (escape == 0) continue;
    out.append(text.substr(begin, i - begin));
    begin = i + 1;
    out.push_back('\\');
    out.push_back(escape);
    if (escape == 'u') out.append({'0', '0', kHex[byte >> 4], kHex[byte & 15]});
  }
  out.append(text.substr(begin));
  out.push_back('"');
}

std::string Quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  AppendQuoted(out, text);
  return out;
}

std::string Serialize(const Value& value) {
  std::string out;
  AppendTo(out, value);
  return out;
}

std::string Serialize(const Object& object) {
  std::string out;
  AppendTo(out, object);
  return out;
}

}  // namespace parley::json
