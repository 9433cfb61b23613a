#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

// Debian's Abseil has a string_view of its own, which std::string_view does not turn into by itself.
// These close the gap: `StrCat(std_view, 5, "x")`, `absl::StrSplit(Abs(std_view), ',')`.
namespace parley {

inline absl::string_view Abs(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view Std(absl::string_view text) { return {text.data(), text.size()}; }

namespace strings_internal {
template <class T>
decltype(auto) ToAlphaNum(const T& value) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return Abs(value);
  } else {
    return (value);
  }
}
}  // namespace strings_internal

// absl::StrCat and absl::StrAppend, which also take std::string_view.
template <class... Args>
std::string StrCat(const Args&... args) {
  return absl::StrCat(strings_internal::ToAlphaNum(args)...);
}

template <class... Args>
void StrAppend(std::string* out, const Args&... args) {
  absl::StrAppend(out, strings_internal::ToAlphaNum(args)...);
}

}  // namespace parley
