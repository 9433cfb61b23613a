#include "common/json/splice.h"

#include <absl/strings/ascii.h>

#include "common/base/strings.h"

namespace parley::json {

void Writer::Separate() {
  if (needs_comma_) out_.push_back(',');
  needs_comma_ = true;
}

Writer& Writer::Begin(char bracket) {
  Separate();
  out_.push_back(bracket);
  needs_comma_ = false;
  return *this;
}

Writer& Writer::End(char bracket) {
  out_.push_back(bracket);
  needs_comma_ = true;
  return *this;
}

Writer& Writer::Key(std::string_view key) {
  Separate();
  AppendQuoted(out_, key);
  out_.push_back(':');
  needs_comma_ = false;
  return *this;
}

Writer& Writer::String(std::string_view text) {
  Separate();
  AppendQuoted(out_, text);
  return *this;
}

Writer& Writer::Int(int64_t number) {
  Separate();
  StrAppend(&out_, number);
  return *this;
}

Writer& Writer::Raw(std::string_view json) {
  Separate();
  out_.append(json);
  return *this;
}

Writer& Writer::Add(const Value& value) {
  Separate();
  AppendTo(out_, value);
  return *this;
}

Writer& Writer::Add(const Object& object) {
  Separate();
  AppendTo(out_, object);
  return *this;
}

Writer& Writer::RawMembers(std::string_view members) {
  return members.empty() ? *this : Raw(members);
}

std::string WithMember(std::string_view object_json, std::string_view key,
                       std::string_view value_json) {
  const std::string_view open = object_json.substr(0, object_json.rfind('}'));
  const bool was_empty = absl::StripTrailingAsciiWhitespace(Abs(open)).back() == '{';
  return StrCat(open, was_empty ? "" : ",", Quoted(key), ":", value_json, "}");
}

}  // namespace parley::json
