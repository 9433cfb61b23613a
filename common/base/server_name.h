#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley {

// A server name taken apart. `host` keeps the brackets of an IPv6 literal and the case it came in.
// Specification: Appendices, "Server Name".
struct ServerName {
  std::string host;
  std::optional<uint32_t> port;  // as written; more than 65535 is grammatical, and reaches nobody
  bool is_ip_literal = false;

  // The host as one connects to it: an IPv6 literal without its brackets.
  std::string HostToConnectTo() const;
};

// Nothing unless `text` follows the grammar.
std::optional<ServerName> ParseServerName(std::string_view text);

}  // namespace parley
