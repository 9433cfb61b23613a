#include "common/http/address_rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include <absl/strings/numbers.h>

#include "common/base/strings.h"
#include "common/status/macros.h"

namespace parley::http {
namespace {

constexpr int kMappedBits = 96;
constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// IANA's special-purpose registries, as far as they are not globally reachable.
constexpr std::string_view kNotPublic[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "::/96",         "64:ff9b:1::/48",  "100::/64",       "2001::/23",      "2001:db8::/32",
    "3fff::/20",     "5f00::/16",       "fc00::/7",       "fe80::/10",      "fec0::/10",
    "ff00::/8",
};

IpAddress Wrapped(const uint8_t* ipv4) {
  IpAddress address;
  std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
  std::memcpy(address.bytes.data() + kMapped.size(), ipv4, 4);
  return address;
}

bool StartsWith(const IpAddress& address, std::initializer_list<uint8_t> bytes) {
  return std::equal(bytes.begin(), bytes.end(), address.bytes.begin());
}

// The IPv4 address inside of 6to4 (2002::/16) and NAT64 (64:ff9b::/96) addresses.
std::optional<IpAddress> Inside(const IpAddress& address) {
  if (StartsWith(address, {0x20, 0x02})) return Wrapped(address.bytes.data() + 2);
  if (StartsWith(address, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) {
    return Wrapped(address.bytes.data() + 12);
  }
  return std::nullopt;
}

bool AnyContains(const std::vector<AddressBlock>& blocks, const IpAddress& address) {
  return std::any_of(blocks.begin(), blocks.end(),
                     [&](const AddressBlock& block) { return block.Contains(address); });
}

absl::Status AddBlocks(const std::vector<std::string>& texts, std::vector<AddressBlock>& blocks) {
  for (const std::string& text : texts) {
    const auto block = AddressBlock::Parse(text);
    if (!block) return absl::InvalidArgumentError(StrCat("`", text, "` is no block of addresses"));
    blocks.push_back(*block);
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string terminated(text);
  in_addr v4;
  if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) {
    return Wrapped(reinterpret_cast<const uint8_t*>(&v4));
  }
  IpAddress address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::optional<AddressBlock> AddressBlock::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto base = IpAddress::Parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  if (slash == text.npos) return AddressBlock{*base, 128};
  const bool is_v4 = text.find(':') == text.npos;
  int bits = 0;
  if (!absl::SimpleAtoi(Abs(text.substr(slash + 1)), &bits) || bits < 0) return std::nullopt;
  if (bits > (is_v4 ? 32 : 128)) return std::nullopt;
  return AddressBlock{*base, is_v4 ? kMappedBits + bits : bits};
}

bool AddressBlock::Contains(const IpAddress& address) const {
  const auto whole = static_cast<size_t>(prefix / 8);
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + whole, address.bytes.begin())) {
    return false;
  }
  const int rest = prefix % 8;
  if (rest == 0) return true;
  const int mask = 0xff << (8 - rest);
  return ((base.bytes[whole] ^ address.bytes[whole]) & mask & 0xff) == 0;
}

absl::StatusOr<AddressRules> AddressRules::Make(const std::vector<std::string>& allow,
                                                const std::vector<std::string>& deny) {
  AddressRules rules;
  for (const std::string_view text : kNotPublic) rules.deny_.push_back(*AddressBlock::Parse(text));
  PARLEY_RETURN_IF_ERROR(AddBlocks(allow, rules.allow_));
  PARLEY_RETURN_IF_ERROR(AddBlocks(deny, rules.deny_));
  return rules;
}

bool AddressRules::Allows(const IpAddress& address) const {
  if (AnyContains(allow_, address)) return true;
  if (AnyContains(deny_, address)) return false;
  const auto inside = Inside(address);
  return !inside || Allows(*inside);
}

bool AddressRules::Allows(std::string_view address) const {
  const auto parsed = IpAddress::Parse(address);
  return parsed && Allows(*parsed);
}

}  // namespace parley::http
