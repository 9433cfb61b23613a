#include "common/store/postgres/connector.h"

#include <algorithm>
#include <utility>

#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"

namespace parley::store::postgres {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(1);

}  // namespace

Connector::Connector(ConnectionOptions options, Probe& probe)
    : options_(std::move(options)), probe_(probe) {}

absl::StatusOr<std::unique_ptr<Connection>> Connector::Connect() {
  PARLEY_RETURN_IF_ERROR(MayTry());
  auto connection = Connection::Open(options_);
  if (connection.ok()) {
    Succeeded();
  } else {
    Failed(connection.status());
  }
  return connection;
}

// Whoever may try moves the time of the next try: one at a time knocks at a closed door.
absl::Status Connector::MayTry() {
  absl::MutexLock lock(&mutex_);
  if (pause_ == absl::ZeroDuration()) return absl::OkStatus();
  const absl::Time now = absl::Now();
  if (now < next_try_) return absl::UnavailableError("postgres: the server is away");
  next_try_ = now + pause_;
  return absl::OkStatus();
}

void Connector::Failed(const absl::Status& status) {
  probe_.ConnectFailed();
  absl::MutexLock lock(&mutex_);
  if (pause_ == absl::ZeroDuration()) {
    log::Error("PostgreSQL is away", {{"host", options_.host}, {"why", Std(status.message())}});
  }
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  next_try_ = absl::Now() + pause_;
}

void Connector::Succeeded() {
  absl::MutexLock lock(&mutex_);
  if (pause_ != absl::ZeroDuration()) log::Info("PostgreSQL is back", {{"host", options_.host}});
  pause_ = absl::ZeroDuration();
}

}  // namespace parley::store::postgres
