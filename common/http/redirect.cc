#include "common/http/redirect.h"

#include <algorithm>

#include "common/base/server_name.h"

namespace parley::http {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr uint16_t kHttpsPort = 443;

}  // namespace

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool PointTo(std::string_view location, ClientRequest& request) {
  if (location.starts_with('/') && !location.starts_with("//")) {
    request.target = location;
    return true;
  }
  if (!location.starts_with(kHttps)) return false;
  location.remove_prefix(kHttps.size());
  const size_t slash = std::min(location.find('/'), location.size());
  const std::string_view authority = location.substr(0, slash);
  const auto name = ParseServerName(authority);
  if (!name || name->port.value_or(kHttpsPort) > 65535) return false;
  request.host = name->HostToConnectTo();
  request.port = static_cast<uint16_t>(name->port.value_or(kHttpsPort));
  request.host_header = authority;
  request.target = slash == location.size() ? "/" : location.substr(slash);
  return true;
}

}  // namespace parley::http
