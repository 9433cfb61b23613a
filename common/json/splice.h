#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/json/value.h"

namespace parley::json {

// Writes JSON piece by piece, splicing in bytes that are JSON already (stored events), so that an answer
// is put together without parsing what it carries. Commas come by themselves:
//
//   Writer w(body);
//   w.BeginObject().Key("chunk").BeginArray();
//   for (const auto& event : events) w.Raw(event.json);
//   w.EndArray().Key("start").String(token).EndObject();
//
// The output is valid JSON if the calls are balanced, each value in an object follows a Key, and what is
// given to Raw is JSON; that is the caller's part and isn't checked. Members stand in call order.
// Appends to `out`, which must outlive the writer. Threads: one at a time.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  Writer& BeginObject() { return Begin('{'); }
  Writer& EndObject() { return End('}'); }
  Writer& BeginArray() { return Begin('['); }
  Writer& EndArray() { return End(']'); }
  Writer& Key(std::string_view key);

  Writer& String(std::string_view text);
  Writer& Int(int64_t number);
  Writer& Bool(bool value) { return Raw(value ? "true" : "false"); }
  Writer& Null() { return Raw("null"); }
  // Bytes that are one JSON value.
  Writer& Raw(std::string_view json);
  Writer& Add(const Value& value);
  Writer& Add(const Object& object);

  // Members without braces (`"a":1,"b":2`), such as MatrixError's extra_json; none if empty.
  Writer& RawMembers(std::string_view members);

 private:
  Writer& Begin(char bracket);
  Writer& End(char bracket);
  void Separate();

  std::string& out_;
  bool needs_comma_ = false;
};

// `object_json`, the bytes of an object, with one more member at its end. `value_json` is JSON.
std::string WithMember(std::string_view object_json, std::string_view key,
                       std::string_view value_json);

}  // namespace parley::json
