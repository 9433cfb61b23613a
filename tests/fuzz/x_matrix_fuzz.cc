#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/ids.h"
#include "common/federation/x_matrix.h"
#include "tests/fuzz/require.h"

// The Authorization header of another server: what is read of it is written so that it reads the
// same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  const std::string_view header(reinterpret_cast<const char*>(data), size);
  const auto claim = federation::ParseXMatrix(header);
  if (!claim) return 0;
  PARLEY_REQUIRE(IsValidServerName(claim->origin));
  const auto again = federation::ParseXMatrix(federation::FormatXMatrix(*claim));
  PARLEY_REQUIRE(again.has_value());
  PARLEY_REQUIRE(again->origin == claim->origin && again->destination == claim->destination);
  PARLEY_REQUIRE(again->key_id == claim->key_id && again->signature == claim->signature);
  const federation::SignedRequest request{"GET", "/", claim->origin, claim->destination, nullptr};
  PARLEY_REQUIRE(!federation::VerifyRequest(request, *claim, "nobody's key").ok());
  return 0;
}
