#include "services/profile/fields.h"

#include <algorithm>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>

#include "common/base/strings.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::profile {
namespace {

constexpr size_t kMaxFieldName = 255;
constexpr size_t kMaxZoneName = 64;
constexpr std::string_view kTimeZone = "m.tz";

bool IsNameCharacter(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
}

// The shape of a name of the IANA time zone database, such as America/Argentina/Ushuaia or Etc/GMT+5.
// Which names there are changes from year to year: clients take one they don't know for UTC.
bool IsZoneName(std::string_view name) {
  const auto is_part = [](std::string_view part) {
    return !part.empty() && absl::ascii_isalpha(static_cast<unsigned char>(part[0])) &&
           std::all_of(part.begin(), part.end(), [](char c) {
             return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ||
                    c == '+';
           });
  };
  const std::vector<absl::string_view> parts = absl::StrSplit(Abs(name), '/');
  return name.size() <= kMaxZoneName && parts.size() <= 3 &&
         std::all_of(parts.begin(), parts.end(),
                     [&](absl::string_view part) { return is_part(Std(part)); });
}

absl::Status CheckTimeZone(const json::Value& value) {
  const std::string* name = value.AsString();
  if (name == nullptr) return BadJson("m.tz must be a string");
  return IsZoneName(*name) ? absl::OkStatus() : InvalidParam("m.tz is no name of a time zone");
}

// Whether setting `field` to this value means to remove it.
absl::StatusOr<bool> Clears(std::string_view field, const json::Value& value,
                            const Config& config) {
  if (field == kTimeZone) PARLEY_RETURN_IF_ERROR(CheckTimeZone(value));
  if (!IsPropagated(field)) return false;
  if (value.is_null()) return true;
  const std::string* text = value.AsString();
  if (text == nullptr) return BadJson(StrCat(field, " must be a string"));
  if (text->size() > config.max_profile_bytes)
    return Matrix(400, "M_PROFILE_TOO_LARGE", "The profile would be too large");
  if (text->size() > config.max_name_bytes)
    return Matrix(400, "M_TOO_LARGE", StrCat(field, " is too long"));
  return text->empty();
}

}  // namespace

bool IsPropagated(std::string_view field) {
  return field == kDisplayname || field == kAvatarUrl;
}

absl::Status CheckFieldName(std::string_view field) {
  if (field.size() > kMaxFieldName)
    return Matrix(400, "M_KEY_TOO_LARGE", "The field's name is too long");
  const bool valid = !field.empty() && absl::ascii_islower(static_cast<unsigned char>(field[0])) &&
                     std::all_of(field.begin(), field.end(), IsNameCharacter);
  return valid ? absl::OkStatus() : InvalidParam("The field's name is not valid");
}

absl::StatusOr<Fields> WithField(Fields fields, std::string_view field,
                                 const std::optional<std::string>& value, const Config& config) {
  PARLEY_RETURN_IF_ERROR(CheckFieldName(field));
  bool clears = !value;
  if (value) {
    PARLEY_TRY(const json::Value parsed, json::Parse(*value));
    PARLEY_TRY(clears, Clears(field, parsed, config));
  }
  if (clears) {
    const auto found = fields.find(field);
    if (found != fields.end()) fields.erase(found);
  } else {
    fields[std::string(field)] = *value;
  }
  if (ToJson(fields).size() > config.max_profile_bytes) {
    return Matrix(400, "M_PROFILE_TOO_LARGE", "The profile would be too large");
  }
  return fields;
}

std::optional<std::string> TextOf(const Fields& fields, std::string_view field) {
  const auto found = fields.find(field);
  if (found == fields.end()) return std::nullopt;
  const auto value = json::Parse(found->second);
  if (!value.ok() || !value->is_string()) return std::nullopt;
  return *value->AsString();
}

std::string ToJson(const Fields& fields) {
  std::string json = "{";
  for (const auto& [field, value] : fields) {
    StrAppend(&json, json.size() > 1 ? "," : "", json::Quoted(field), ":", value);
  }
  return json + "}";
}

}  // namespace parley::profile
