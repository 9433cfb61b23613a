#include "common/lease/directory.h"

#include <utility>

#include <absl/algorithm/container.h>
#include <absl/time/clock.h>

#include "common/lease/keeper.h"

namespace parley::lease {
namespace {

// Callers that meet nobody all ask for a look: the database answers this many of them at most.
constexpr absl::Duration kBetweenLooks = absl::Milliseconds(10);

}  // namespace

Directory::Directory(store::postgres::ConnectionOptions server,
                     std::map<std::string, uint32_t> units, absl::Duration heartbeat,
                     bus::Bus& bus)
    : server_(std::move(server)), units_(std::move(units)), heartbeat_(heartbeat) {
  for (const auto& [service, count] : units_) places_[service].resize(count);
  subscription_ = bus.Subscribe(bus::Interest::Of({{std::string(kTopic), 0}}),
                                [this](const bus::Wake&) { LookSoon(); });
  thread_ = std::thread([this] { Run(); });
}

Directory::~Directory() {
  subscription_.reset();
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = look_ = true;
  }
  thread_.join();
}

Directory::Place Directory::Of(const std::string& service, Partition unit) const {
  absl::MutexLock lock(&mutex_);
  return places_.at(service)[unit];
}

Directory::Place Directory::Find(const std::string& service, Partition unit, MemberId not_this,
                                 absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const Place& place = places_.at(service)[unit];
  const auto is_known = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || (!place.address.empty() && place.owner != not_this);
  };
  if (!is_known()) look_ = true;
  if (!mutex_.AwaitWithDeadline(absl::Condition(&is_known), deadline) || stopping_) return {};
  return place;
}

std::vector<Directory::Place> Directory::Owners(const std::string& service) const {
  std::vector<Place> owners;
  absl::MutexLock lock(&mutex_);
  for (const Place& place : places_.at(service)) {
    if (!place.address.empty() && !absl::c_linear_search(owners, place)) owners.push_back(place);
  }
  return owners;
}

void Directory::LookSoon() {
  absl::MutexLock lock(&mutex_);
  look_ = true;
}

void Directory::Run() {
  for (;;) {
    Refresh();
    absl::SleepFor(kBetweenLooks);
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
  for (const auto& [service, count] : units_) {
    const auto owners = table_->Owners(service);
    if (!owners.ok()) {
      table_.reset();
      return;
    }
    Places places(count);
    for (const Owner& owner : *owners) {
      if (owner.unit < count && !owner.address.empty()) {
        places[owner.unit] = {owner.member, owner.address};
      }
    }
    absl::MutexLock lock(&mutex_);
    absl::c_move(places, places_.at(service).begin());
  }
}

}  // namespace parley::lease
