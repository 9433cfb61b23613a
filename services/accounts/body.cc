#include "services/accounts/body.h"

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::accounts {
namespace {

absl::Status Missing(std::string_view key) { return MissingParam(StrCat("Missing '", key, "'")); }
absl::Status MustBe(std::string_view key, std::string_view kind) { return BadJson(StrCat("'", key, "' must be ", kind)); }

const json::Value* FindNonNull(const json::Object& body, std::string_view key) {
  const json::Value* value = body.Find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

}  // namespace

absl::StatusOr<json::Object> ParseBody(std::string_view bytes) {
  if (bytes.empty()) return json::Object();
  return json::ParseObject(bytes);
}

absl::StatusOr<std::string> RequiredString(const json::Object& body, std::string_view key) {
  const json::Value* value = body.Find(key);
  if (value == nullptr) return Missing(key);
  if (!value->is_string()) return MustBe(key, "a string");
  return *value->AsString();
}

absl::StatusOr<std::optional<std::string>> OptionalString(const json::Object& body, std::string_view key) {
  const json::Value* value = FindNonNull(body, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) return MustBe(key, "a string");
  return *value->AsString();
}

absl::StatusOr<bool> OptionalBool(const json::Object& body, std::string_view key, bool fallback) {
  const json::Value* value = FindNonNull(body, key);
  if (value == nullptr) return fallback;
  if (!value->is_bool()) return MustBe(key, "a boolean");
  return *value->AsBool();
}

absl::StatusOr<int64_t> RequiredInt(const json::Object& body, std::string_view key) {
  const json::Value* value = body.Find(key);
  if (value == nullptr) return Missing(key);
  if (!value->is_int()) return MustBe(key, "an integer");
  return *value->AsInt();
}

absl::StatusOr<const json::Object*> RequiredObject(const json::Object& body, std::string_view key) {
  if (!body.Has(key)) return Missing(key);
  PARLEY_TRY(const json::Object* object, OptionalObject(body, key));
  if (object == nullptr) return MustBe(key, "an object");
  return object;
}

absl::StatusOr<const json::Object*> OptionalObject(const json::Object& body, std::string_view key) {
  const json::Value* value = FindNonNull(body, key);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) return MustBe(key, "an object");
  return value->AsObject();
}

absl::StatusOr<const json::Array*> RequiredArray(const json::Object& body, std::string_view key) {
  const json::Value* value = body.Find(key);
  if (value == nullptr) return Missing(key);
  if (!value->is_array()) return MustBe(key, "an array");
  return value->AsArray();
}

absl::StatusOr<std::vector<std::string>> ReadStrings(const json::Object& body, std::string_view key) {
  PARLEY_TRY(const json::Array* array, RequiredArray(body, key));
  std::vector<std::string> strings;
  for (const json::Value& value : *array) {
    if (!value.is_string()) return MustBe(key, "an array of strings");
    strings.push_back(*value.AsString());
  }
  return strings;
}

absl::Status CheckLength(std::string_view name, std::string_view text, size_t limit) {
  if (text.size() <= limit) return absl::OkStatus();
  return InvalidParam(StrCat("'", name, "' is longer than ", limit, " bytes"));
}

}  // namespace parley::accounts
