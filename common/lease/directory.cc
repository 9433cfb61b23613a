#include "common/lease/directory.h"

#include <utility>

#include "common/lease/keeper.h"

namespace parley::lease {

Directory::Directory(store::postgres::ConnectionOptions server, std::vector<std::string> services,
                     absl::Duration heartbeat, bus::Bus& bus)
    : server_(std::move(server)), services_(std::move(services)), heartbeat_(heartbeat) {
  subscription_ = bus.Subscribe(bus::Interest::Of({{std::string(kTopic), 0}}),
                                [this](const bus::Wake&) { LookSoon(); });
  thread_ = std::thread([this] { Run(); });
}

Directory::~Directory() {
  subscription_.reset();
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    look_ = true;
  }
  thread_.join();
}

Directory::Place Directory::Find(const std::string& service, MemberId not_this,
                                 absl::Time deadline) {
  const auto is_known = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    const Place& place = places_[service];
    return stopping_ || (!place.address.empty() && place.owner != not_this);
  };
  absl::MutexLock lock(&mutex_);
  if (!is_known()) look_ = true;
  if (!mutex_.AwaitWithDeadline(absl::Condition(&is_known), deadline) || stopping_) return {};
  return places_[service];
}

void Directory::LookSoon() {
  absl::MutexLock lock(&mutex_);
  look_ = true;
}

void Directory::Run() {
  for (;;) {
    Refresh();
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&look_), heartbeat_);
    if (stopping_) return;
    look_ = false;
  }
}

// What can't be read now stays as it was.
void Directory::Refresh() {
  if (!table_) {
    auto table = LeaseTable::Open(server_);
    if (!table.ok()) return;
    table_ = *std::move(table);
  }
  for (const std::string& service : services_) {
    const auto owners = table_->Owners(service);
    if (!owners.ok()) {
      table_.reset();
      return;
    }
    absl::MutexLock lock(&mutex_);
    places_[service] =
        owners->empty() ? Place() : Place{owners->front().member, owners->front().address};
  }
}

}  // namespace parley::lease
