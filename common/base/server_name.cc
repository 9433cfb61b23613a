#include "common/base/server_name.h"

#include <algorithm>

#include <arpa/inet.h>

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>

#include "common/base/ids.h"
#include "common/base/strings.h"

namespace parley {
namespace {

constexpr size_t kMaxBytes = 255;
constexpr size_t kMaxPortDigits = 5;

bool IsDnsName(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '-';
  });
}

bool IsIpv4(const std::string& host) {
  in_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool IsBracketedIpv6(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  const std::string inside(host.substr(1, host.size() - 2));
  in6_addr address;
  return inside.find('\0') == inside.npos && inet_pton(AF_INET6, inside.c_str(), &address) == 1;
}

std::optional<uint32_t> ParsePort(std::string_view digits) {
  uint32_t port = 0;
  if (digits.empty() || digits.size() > kMaxPortDigits ||
      !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(Abs(digits), &port)) {
    return std::nullopt;
  }
  return port;
}

// Where the host ends: at the bracket of an IPv6 literal, at the colon or at the end.
size_t HostEnd(std::string_view text) {
  if (text.starts_with('[')) return std::min(text.find(']'), text.size() - 1) + 1;
  return std::min(text.find(':'), text.size());
}

}  // namespace

std::string ServerName::HostToConnectTo() const {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

std::optional<ServerName> ParseServerName(std::string_view text) {
  if (text.empty() || text.size() > kMaxBytes) return std::nullopt;
  ServerName name;
  const size_t host_end = HostEnd(text);
  name.host = text.substr(0, host_end);
  const bool is_ipv6 = IsBracketedIpv6(name.host);
  if (!is_ipv6 && !IsDnsName(name.host)) return std::nullopt;
  name.is_ip_literal = is_ipv6 || IsIpv4(name.host);
  if (host_end == text.size()) return name;
  if (text[host_end] != ':') return std::nullopt;
  name.port = ParsePort(text.substr(host_end + 1));
  if (!name.port) return std::nullopt;
  return name;
}

bool IsValidServerName(std::string_view name) {
  return ParseServerName(name).has_value();
}

}  // namespace parley
