#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::json {

// For texts in which the parser met a number it can't hold: a copy of `text` in which every integer of
// more than 18 digits ends in "e0", so that it parses as a double. Nothing if some number breaks JSON's
// grammar. Strings are passed over.
std::optional<std::string> WithLongIntegersAsDoubles(std::string_view text);

}  // namespace parley::json
