#pragma once

#include <string>
#include <string_view>

#include "common/json/value.h"

// What a web page says of itself, for previews of URLs. The Open Graph protocol (https://ogp.me/).
// Pure.
namespace parley::media {

// Its og: properties, of each name the first; where it has none of them, `og:title` from its
// <title> and `og:description` from its description. Values are text, cut to a bound each. Broken
// pages are read as far as they go.
json::Object ParseOpenGraph(std::string_view html);

}  // namespace parley::media
