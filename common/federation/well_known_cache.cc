#include "common/federation/well_known_cache.h"

#include <algorithm>
#include <optional>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include "common/base/strings.h"

namespace parley::federation {
namespace {

constexpr absl::Duration kDefault = absl::Hours(24);
constexpr absl::Duration kShortest = absl::Minutes(5);
constexpr absl::Duration kLongest = absl::Hours(48);
constexpr absl::Duration kFirstFailure = absl::Minutes(2);
constexpr absl::Duration kLongestFailure = absl::Hours(1);

std::optional<absl::Duration> FromCacheControl(std::string_view header) {
  for (absl::string_view directive : absl::StrSplit(Abs(header), ',')) {
    directive = absl::StripAsciiWhitespace(directive);
    if (absl::EqualsIgnoreCase(directive, "no-store") ||
        absl::EqualsIgnoreCase(directive, "no-cache")) {
      return absl::ZeroDuration();
    }
    int64_t seconds = 0;
    if (absl::StartsWithIgnoreCase(directive, "max-age=") &&
        absl::SimpleAtoi(directive.substr(8), &seconds)) {
      return absl::Seconds(std::clamp<int64_t>(seconds, 0, 1'000'000));
    }
  }
  return std::nullopt;
}

std::optional<absl::Duration> FromExpires(std::string_view header, absl::Time now) {
  absl::Time at;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", Abs(header), &at, nullptr)) {
    return std::nullopt;
  }
  return at - now;
}

}  // namespace

absl::Duration WellKnownLifetime(std::string_view cache_control, std::string_view expires,
                                 absl::Time now) {
  auto said = FromCacheControl(cache_control);
  if (!said) said = FromExpires(expires, now);
  return std::clamp(said.value_or(kDefault), kShortest, kLongest);
}

absl::Duration WellKnownFailureLifetime(int failures) {
  const int doublings = std::clamp(failures - 1, 0, 10);
  return std::min(kFirstFailure * (1 << doublings), kLongestFailure);
}

}  // namespace parley::federation
