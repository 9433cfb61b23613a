#pragma once

#include <cstdio>
#include <cstdlib>

// Ends the process with what did not hold: what a fuzzer takes for a finding.
#define PARLEY_REQUIRE(condition)                                                         \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)
