#include "services/parley/bus_choice.h"

#include <absl/strings/numbers.h>
#include <absl/strings/strip.h>

#include "common/bus/memory_bus.h"
#include "common/bus/redis_bus.h"
#include "common/status/macros.h"

namespace parley {
namespace {

absl::StatusOr<bus::RedisOptions> ParseRedisUrl(const std::string& url) {
  const absl::Status refusal = absl::InvalidArgumentError(
      "bus.url must be memory or redis://[user:password@]host[:port]");  // not quoted: it may hold a password
  absl::string_view rest = url;
  if (!absl::ConsumePrefix(&rest, "redis://")) return refusal;
  bus::RedisOptions options;
  if (const size_t at = rest.rfind('@'); at != rest.npos) {
    const absl::string_view login = rest.substr(0, at);
    const size_t colon = login.find(':');
    if (colon == login.npos) return refusal;
    options.username = std::string(login.substr(0, colon));
    options.password = std::string(login.substr(colon + 1));
    rest.remove_prefix(at + 1);
  }
  if (const size_t colon = rest.rfind(':'); colon != rest.npos) {
    uint32_t port = 0;
    if (!absl::SimpleAtoi(rest.substr(colon + 1), &port) || port == 0 || port > 65535) return refusal;
    options.port = static_cast<uint16_t>(port);
    rest = rest.substr(0, colon);
  }
  if (rest.empty()) return refusal;
  options.host = std::string(rest);
  return options;
}

}  // namespace

absl::StatusOr<bus::RedisOptions> RedisOptionsOf(const Config::Bus& config) {
  PARLEY_TRY(bus::RedisOptions options, ParseRedisUrl(config.url));
  if (options.password.empty()) {
    options.username = config.user;
    options.password = config.password;
  }
  return options;
}

absl::StatusOr<std::unique_ptr<bus::Bus>> MakeBus(const Config::Bus& config, bus::RedisProbe& probe) {
  if (config.url == "memory") return std::make_unique<bus::MemoryBus>();
  PARLEY_TRY(bus::RedisOptions options, RedisOptionsOf(config));
  options.probe = &probe;
  return bus::MakeRedisBus(options);
}

}  // namespace parley
