#include "services/gateway/token.h"

#include <absl/strings/match.h>

#include "common/base/strings.h"

namespace parley::gateway {

std::string_view TokenOf(const http::Request& request, bool from_query) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view header = request.headers.Get("Authorization");
  if (absl::StartsWithIgnoreCase(Abs(header), Abs(kScheme))) return header.substr(kScheme.size());
  if (!header.empty() || !from_query) return {};
  return request.QueryParam("access_token").value_or("");
}

}  // namespace parley::gateway
