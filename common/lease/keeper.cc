#include "common/lease/keeper.h"

#include <algorithm>
#include <random>
#include <utility>

#include <absl/algorithm/container.h>
#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"

namespace parley::lease {
namespace {

// Between the look that misses somebody and the one that believes it.
constexpr absl::Duration kDoubt = absl::Milliseconds(150);

MemberId RandomMember() {
  std::random_device random;
  return 1 + (random() & 0x3fffffff);
}

std::vector<Partition> AsVector(const std::set<Partition>& units) {
  return {units.begin(), units.end()};
}

}  // namespace

Keeper::Keeper(KeeperOptions options, bus::Bus& bus, Holder& holder, LeaseProbe& probe)
    : options_(std::move(options)), me_(RandomMember()), bus_(bus), holder_(holder), probe_(probe) {
  for (const auto& [name, ownership] : options_.services) {
    services_[name] = {options_.units.at(name), ownership, {}, {}, false};
  }
}

Keeper::~Keeper() { Stop(); }

void Keeper::Start() {
  subscription_ = bus_.Subscribe(bus::Interest::Of({{std::string(kTopic), 0}}),
                                 [this](const bus::Wake&) { LookSoon(); });
  thread_ = std::thread([this] { Run(); });
}

bool Keeper::WaitForShare(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithDeadline(absl::Condition(&has_share_), deadline);
}

void Keeper::Stop() {
  subscription_.reset();
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = look_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Keeper::LookSoon() {
  absl::MutexLock lock(&mutex_);
  look_ = true;
}

void Keeper::Run() {
  for (;;) {
    const auto moved = Look();
    if (!moved.ok()) table_.reset();
    absl::MutexLock lock(&mutex_);
    has_share_ = has_share_ || moved.ok();
    const bool soon = moved.ok() && *moved;
    mutex_.AwaitWithTimeout(absl::Condition(&look_),
                            soon ? std::min(kDoubt, options_.heartbeat) : options_.heartbeat);
    if (stopping_) break;
    look_ = false;
  }
  GiveAllBack();
}

absl::Status Keeper::Connect() {
  if (table_) return absl::OkStatus();
  PARLEY_TRY(auto table, LeaseTable::Open(options_.server));
  for (auto& [name, service] : services_) {
    PARLEY_RETURN_IF_ERROR(table->Join(name, me_, options_.lifetime));
    service.looked = false;
  }
  table_ = std::move(table);
  return absl::OkStatus();
}

// The time counts from before the renewal was sent: by the database's clock it ends later.
absl::Status Keeper::Renew() {
  for (auto& [name, service] : services_) {
    const absl::Duration until = SinceBoot() + options_.lifetime;
    PARLEY_RETURN_IF_ERROR(table_->Renew(name, me_, options_.lifetime));
    service.ownership->ServeUntil(until);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Keeper::Look() {
  PARLEY_RETURN_IF_ERROR(Connect());
  PARLEY_RETURN_IF_ERROR(Renew());
  bool again = false;
  for (auto& [name, service] : services_) {
    PARLEY_TRY(const bool moved, Look(name, service));
    again = again || moved;
  }
  return again;
}

absl::StatusOr<bool> Keeper::Look(const std::string& name, Service& service) {
  PARLEY_TRY(const std::vector<Member> members, table_->Members(name));
  PARLEY_TRY(const std::vector<Owner> owners, table_->Owners(name));
  DropLost(name, service, owners);
  PARLEY_RETURN_IF_ERROR(Settle(name, service, owners));
  bool doubt = false;
  View view{service.units, Present(service, members, doubt), {}};
  std::vector<MemberId> gone;
  for (const Owner& owner : owners) {
    view.holdings.push_back({owner.unit, owner.member, false});
    if (!absl::c_linear_search(view.members, owner.member)) gone.push_back(owner.member);
  }
  const Decision decision = Decide(me_, view);
  if (!decision.release.empty()) PARLEY_RETURN_IF_ERROR(Release(name, service, decision.release));
  if (!decision.claim.empty()) PARLEY_RETURN_IF_ERROR(Claim(name, service, decision, gone));
  probe_.Owned(name, service.mine.size());
  return doubt || !decision.claim.empty();
}

// Who was connected at the last look counts once more: one whose connection was cut for a moment has
// the time of a look to come back.
std::vector<MemberId> Keeper::Present(Service& service, const std::vector<Member>& members,
                                      bool& doubt) {
  std::vector<MemberId> present = {me_};
  std::set<MemberId> connected;
  for (const Member& member : members) {
    if (member.id == me_ || member.expired) continue;
    if (member.connected) connected.insert(member.id);
    const bool may_be_there = !service.looked || service.seen.contains(member.id);
    if (member.connected || may_be_there) present.push_back(member.id);
    doubt = doubt || (!member.connected && may_be_there);
  }
  service.seen = std::move(connected);
  service.looked = true;
  return present;
}

// Another has taken what this process, silent for too long, believes to own.
void Keeper::DropLost(const std::string& name, Service& service,
                      const std::vector<Owner>& owners) {
  std::set<Partition> lost = service.mine;
  for (const Owner& owner : owners) {
    if (owner.member == me_) lost.erase(owner.unit);
  }
  if (lost.empty()) return;
  log::Error("leases lost", {{"service", name}, {"units", StrCat(lost.size())}});
  const std::vector<Partition> units = AsVector(lost);
  service.ownership->Close(units, options_.patience);
  holder_.CloseUnits(name, units);
  for (const Partition unit : units) service.mine.erase(unit);
  probe_.Moved(name, "lost", units.size());
}

// A connection that broke in the middle of a claim leaves rows that nobody serves: what is not open
// here goes back, what is open is told.
absl::Status Keeper::Settle(const std::string& name, const Service& service,
                            const std::vector<Owner>& owners) {
  std::vector<Partition> unopened, untold;
  for (const Owner& owner : owners) {
    if (owner.member != me_) continue;
    if (!service.mine.contains(owner.unit)) unopened.push_back(owner.unit);
    if (owner.address.empty()) untold.push_back(owner.unit);
  }
  if (!unopened.empty()) PARLEY_RETURN_IF_ERROR(table_->Release(name, me_, unopened));
  if (untold.empty() && unopened.empty()) return absl::OkStatus();
  PARLEY_RETURN_IF_ERROR(table_->Serve(name, me_, options_.address));
  Announce(name);
  return absl::OkStatus();
}

absl::Status Keeper::Claim(const std::string& name, Service& service, const Decision& decision,
                           absl::Span<const MemberId> gone) {
  PARLEY_TRY(const auto claimed, table_->Claim(name, decision.claim, me_, gone));
  if (claimed.empty()) return absl::OkStatus();
  if (const absl::Status opened = holder_.OpenUnits(name, claimed); !opened.ok()) {
    log::Error("can't open what was claimed", {{"service", name}, {"why", Std(opened.message())}});
    PARLEY_RETURN_IF_ERROR(table_->Release(name, me_, claimed));
    return opened;
  }
  service.ownership->Open(claimed);
  service.mine.insert(claimed.begin(), claimed.end());
  PARLEY_RETURN_IF_ERROR(table_->Serve(name, me_, options_.address));
  Announce(name);
  probe_.Moved(name, "claimed", claimed.size());
  log::Info("owns", {{"service", name}, {"units", StrCat(service.mine.size())}});
  return absl::OkStatus();
}

absl::Status Keeper::Release(const std::string& name, Service& service,
                             std::vector<Partition> units) {
  if (units.empty()) return absl::OkStatus();
  service.ownership->Close(units, options_.patience);
  holder_.CloseUnits(name, units);
  for (const Partition unit : units) service.mine.erase(unit);
  probe_.Moved(name, "released", units.size());
  PARLEY_RETURN_IF_ERROR(table_->Release(name, me_, units));
  Announce(name);
  return absl::OkStatus();
}

// First out of the members, so that nobody counts on this one; then what can't be told to the
// database is found out by the others.
void Keeper::GiveAllBack() {
  for (auto& [name, service] : services_) {
    absl::Status told = table_ ? table_->Leave(name, me_) : absl::UnavailableError("");
    if (told.ok()) told = Release(name, service, AsVector(service.mine));
    if (!told.ok()) table_.reset();
  }
  table_.reset();
}

void Keeper::Announce(const std::string& name) { bus_.Publish({kTopic, 0, 0, name}); }

}  // namespace parley::lease
