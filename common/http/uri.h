#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/message.h"

// The parts of a request target. RFC 3986; queries as browsers write them (WHATWG URL, "application/x-www-form-urlencoded").
namespace parley::http {

// Nothing when an escape is broken or the result is not UTF-8. `plus_is_space`: as in queries.
std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_space = false);

// Everything but unreserved characters escaped.
std::string PercentEncode(std::string_view text);

// "/a/b%2Fc/" → {"a", "b/c", ""}. Nothing when a segment can't be decoded or `path` does not begin with '/'.
std::optional<std::vector<std::string>> SplitPath(std::string_view path);

// Nothing when a part can't be decoded or there are more than `max_params`.
std::optional<Query> ParseQuery(std::string_view query, size_t max_params);

}  // namespace parley::http
