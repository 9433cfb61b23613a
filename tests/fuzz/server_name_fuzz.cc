#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/ids.h"
#include "common/federation/resolution.h"
#include "common/testing/seeded_rng.h"
#include "tests/fuzz/require.h"

// A server's name, and how it is resolved. What stands behind the first line is the answer to the
// question for the well-known document.
namespace parley::federation {
namespace {

void CheckRoute(const Route& route) {
  PARLEY_REQUIRE(!route.targets.empty());
  PARLEY_REQUIRE(!route.host_header.empty() && !route.tls_name.empty());
  for (const Target& target : route.targets) {
    PARLEY_REQUIRE(!target.host.empty() && target.port != 0);
    PARLEY_REQUIRE(target.host.find_first_of("[]/@ ") == std::string::npos);
  }
}

void Check(std::string_view name, std::string_view document) {
  auto resolution = Resolution::Begin(name);
  PARLEY_REQUIRE(!resolution.ok() || IsValidServerName(name));
  if (!resolution.ok()) return;
  testing::SeededRng rng;
  int questions = 0;
  while (resolution->step() != Resolution::Step::kDone) {
    PARLEY_REQUIRE(++questions < 10);
    PARLEY_REQUIRE(!resolution->name().empty());
    if (resolution->step() == Resolution::Step::kWellKnown) {
      resolution->AnswerWellKnown(ReadWellKnown(document));
    } else {
      resolution->AnswerSrv({}, rng);
    }
  }
  CheckRoute(resolution->route());
}

}  // namespace
}  // namespace parley::federation

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\n');
  parley::federation::Check(input.substr(0, end),
                            end == std::string_view::npos ? "" : input.substr(end + 1));
  return 0;
}
