#include "common/base/strings.h"
#include "common/bus/redis_connection.h"
#include "services/parley/bus_choice.h"
#include "services/parley/doctor/checks.h"

namespace parley::doctor {
namespace {

constexpr char kRedis[] = "redis";

// Publishes to a channel that nobody listens to, as a user must be allowed to.
absl::Status Publish(const bus::RedisOptions& options) {
  auto connection = bus::RedisConnection::Open(options);
  if (!connection.ok()) return connection.status();
  (*connection)->Append({"PUBLISH", "parley:doctor:0", "0"});
  return (*connection)->AwaitReplies(1);
}

}  // namespace

void CheckRedis(const Config& config, Report& report) {
  if (config.bus.url == "memory") return;
  const auto options = RedisOptionsOf(config.bus);
  const absl::Status status = options.ok() ? Publish(*options) : options.status();
  if (status.ok()) {
    report.Good(kRedis, StrCat("wakes can be published at ", options->host));
  } else {
    report.Bad(kRedis, Std(status.message()),
               "without it everything works a second later; see that it runs, and bus.user and "
               "bus.password");
  }
}

}  // namespace parley::doctor
