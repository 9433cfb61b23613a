#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

// Which addresses an outbound connection may go to. Pure: no sockets.
namespace parley::http {

// An IP address as 16 bytes: IPv4 as ::ffff:a.b.c.d.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};

  // Nothing unless `text` is an IPv4 or IPv6 literal, without brackets and zone.
  static std::optional<IpAddress> Parse(std::string_view text);
};

// A block of addresses: "10.0.0.0/8", "fe80::/10", or one address.
struct AddressBlock {
  IpAddress base;
  int prefix = 128;  // bits, of the 16 bytes

  static std::optional<AddressBlock> Parse(std::string_view text);
  bool Contains(const IpAddress& address) const;
};

// Denies what is not the public Internet (loopback, private, link local, multicast, documentation
// …), also where such an IPv4 address is wrapped into an IPv6 one, and what `deny` adds; but what
// `allow` names passes. Threads: any. A value.
class AddressRules {
 public:
  // InvalidArgument names the text that is no block.
  static absl::StatusOr<AddressRules> Make(const std::vector<std::string>& allow,
                                           const std::vector<std::string>& deny);

  bool Allows(const IpAddress& address) const;
  // False as well for text that is no address.
  bool Allows(std::string_view address) const;

 private:
  std::vector<AddressBlock> allow_, deny_;
};

}  // namespace parley::http
