#pragma once

#include <string_view>

#include <absl/time/time.h>

// How long an answer of /.well-known/matrix/server is kept. Server-Server API, "Resolving server
// names". Pure.
namespace parley::federation {

// Of a good answer with these headers ("" where there is none): what they say, a day when they are
// silent, within [five minutes, two days].
absl::Duration WellKnownLifetime(std::string_view cache_control, std::string_view expires,
                                 absl::Time now);

// After so many failures in a row (at least 1): minutes at first, an hour at most.
absl::Duration WellKnownFailureLifetime(int failures);

}  // namespace parley::federation
