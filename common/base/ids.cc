#include "common/base/ids.h"

#include <algorithm>

#include <absl/strings/ascii.h>

#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "common/status/matrix_error.h"

namespace parley {
namespace {

constexpr size_t kMaxBytes = 255;
constexpr size_t kHashChars = 43;  // a SHA-256 in unpadded base64

struct Parts {
  std::string_view localpart;
  std::string_view server_name;
  bool has_server_name = false;
};

Parts Split(std::string_view text) {
  if (text.empty()) return {};
  const size_t colon = text.find(':');
  if (colon == text.npos) return {text.substr(1), "", false};
  return {text.substr(1, colon - 1), text.substr(colon + 1), true};
}

bool IsHash(std::string_view text) {
  return text.size() == kHashChars && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_';
         });
}

bool IsText(std::string_view text) {
  return text.find('\0') == text.npos && IsValidUtf8(text);
}

bool HasServer(const Parts& parts) {
  return parts.has_server_name && IsValidServerName(parts.server_name);
}

struct Grammar {
  std::string_view name;
  char sigil;
  bool (*accepts)(const Parts& parts);
};

template <class Kind>
constexpr Grammar kGrammar{};

// An empty localpart breaks today's grammar, but must be accepted over federation.
template <>
constexpr Grammar kGrammar<UserIdKind>{"user id", '@', HasServer};

template <>
constexpr Grammar kGrammar<RoomIdKind>{"room id", '!', [](const Parts& parts) {
                                         return parts.has_server_name
                                                    ? HasServer(parts) && !parts.localpart.empty()
                                                    : IsHash(parts.localpart);
                                       }};

template <>
constexpr Grammar kGrammar<EventIdKind>{
    "event id", '$', [](const Parts& parts) { return !parts.localpart.empty(); }};

template <>
constexpr Grammar kGrammar<RoomAliasKind>{"room alias", '#', [](const Parts& parts) {
                                            return HasServer(parts) && !parts.localpart.empty();
                                          }};

}  // namespace

template <class Kind>
absl::StatusOr<Id<Kind>> Id<Kind>::Parse(std::string_view text) {
  const Grammar& grammar = kGrammar<Kind>;
  if (text.empty() || text.front() != grammar.sigil || text.size() > kMaxBytes || !IsText(text) ||
      !grammar.accepts(Split(text))) {
    return InvalidParam(StrCat("Not a valid ", grammar.name));
  }
  return Trusted(std::string(text));
}

template <class Kind>
std::string_view Id<Kind>::server_name() const {
  return Split(text_).server_name;
}

template <class Kind>
std::string_view Id<Kind>::localpart() const {
  return Split(text_).localpart;
}

template class Id<UserIdKind>;
template class Id<RoomIdKind>;
template class Id<EventIdKind>;
template class Id<RoomAliasKind>;

bool IsHashEventId(std::string_view text) {
  return text.starts_with('$') && IsHash(text.substr(1));
}

bool IsValidNewLocalpart(std::string_view localpart) {
  constexpr std::string_view kPunctuation = "._=/+-";
  return !localpart.empty() && std::all_of(localpart.begin(), localpart.end(), [&](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) ||
           kPunctuation.find(c) != std::string_view::npos;
  });
}

}  // namespace parley
