#include "common/lease/keeper.h"

#include <algorithm>
#include <random>
#include <utility>

#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"

namespace parley::lease {
namespace {

constexpr Partition kWhole = 0;

MemberId RandomMember() {
  std::random_device random;
  return 1 + (random() & 0x3fffffff);
}

bool Contains(const std::vector<MemberId>& members, MemberId member) {
  return std::find(members.begin(), members.end(), member) != members.end();
}

}  // namespace

Keeper::Keeper(KeeperOptions options, bus::Bus& bus)
    : options_(std::move(options)), me_(RandomMember()), bus_(bus) {}

Keeper::~Keeper() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
  for (const std::string& service : owned_) {
    if (table_) table_->Release(service, me_, kWhole).IgnoreError();
  }
  Announce();
}

absl::Status Keeper::Acquire(const std::function<bool()>& stopped) {
  bool told = false;
  while (owned_.size() < options_.services.size()) {
    if (stopped()) return absl::CancelledError("stopped while standing by");
    const std::string& service = options_.services[owned_.size()];
    if (const absl::Status status = TryClaim(service); !status.ok()) {
      table_.reset();
    } else if (owned_.size() < options_.services.size() && !std::exchange(told, true)) {
      log::Info("standing by", {{"service", service}});
    }
    if (!owned_.empty()) RenewAll().status().IgnoreError();
    if (owned_.size() < options_.services.size()) absl::SleepFor(options_.heartbeat);
  }
  return absl::OkStatus();
}

absl::Status Keeper::Connect() {
  if (table_) return absl::OkStatus();
  PARLEY_TRY(table_, LeaseTable::Open(options_.server));
  for (const std::string& service : options_.services) {
    PARLEY_RETURN_IF_ERROR(table_->Join(service, me_));
  }
  seen_.clear();
  return absl::OkStatus();
}

// Who was there at the last look counts once more: an owner whose connection was cut for a moment
// has a heartbeat's time to come back.
absl::Status Keeper::TryClaim(const std::string& service) {
  PARLEY_RETURN_IF_ERROR(Connect());
  PARLEY_TRY(const std::vector<MemberId> members, table_->Members(service));
  PARLEY_TRY(const std::vector<Owner> owners, table_->Owners(service));
  View view{1, {me_}, {}};
  MemberId owner = 0;
  for (const Owner& each : owners) {
    owner = each.member;
    view.holdings.push_back({each.unit, each.member, each.expired});
    const bool first_look = !seen_.contains(service);
    if (first_look || Contains(members, owner) || Contains(seen_[service], owner)) {
      view.members.push_back(owner);
    }
  }
  seen_[service] = members;
  if (Decide(me_, view).claim.empty()) return absl::OkStatus();
  PARLEY_TRY(const bool ours, table_->Claim(service, kWhole, me_, owner, options_.lifetime));
  if (!ours) return absl::OkStatus();
  owned_.push_back(service);
  log::Info("owns", {{"service", service}});
  return absl::OkStatus();
}

absl::StatusOr<bool> Keeper::RenewAll() {
  PARLEY_RETURN_IF_ERROR(Connect());
  for (const std::string& service : owned_) {
    PARLEY_TRY(const auto units, table_->Renew(service, me_, address_, options_.lifetime));
    if (units.empty()) return false;
  }
  return true;
}

void Keeper::Serve(const std::string& address, std::function<void()> on_lost) {
  address_ = address;
  on_lost_ = std::move(on_lost);
  RenewAll().status().IgnoreError();
  Announce();
  thread_ = std::thread([this] { Run(); });
}

void Keeper::Announce() {
  for (const std::string& service : owned_) bus_.Publish({kTopic, 0, 0, service});
}

void Keeper::Run() {
  for (;;) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), options_.heartbeat)) return;
    }
    const auto kept = RenewAll();
    if (!kept.ok()) table_.reset();
    if (!kept.ok() || *kept) continue;
    on_lost_();
    return;
  }
}

}  // namespace parley::lease
