#include "services/gateway/sync/sync.h"

#include <absl/numeric/bits.h>
#include <absl/time/clock.h>

#include "common/stream/position.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/calls/v1/calls.parley.h"
#include "parley/events/v1/events.parley.h"
#include "parley/presence/v1/presence.parley.h"

namespace parley::gateway {
namespace {

using stream::NameOf;
using stream::StreamKind;

constexpr absl::Duration kSweepEvery = absl::Seconds(30);
constexpr absl::Duration kSessionIdle = absl::Minutes(5);

rpc::Call OwnCall() { return {.deadline = absl::Now() + absl::Seconds(10), .request_id = "sync"}; }

// The services whose streams a sync reads, and can't do without; typing comes with the heads of events.
std::vector<std::string> Services() {
  std::vector<std::string> services;
  for (const StreamKind kind : {StreamKind::kEvents, StreamKind::kAccounts, StreamKind::kCalls}) {
    services.emplace_back(NameOf(kind));
  }
  return services;
}

std::vector<bus::Head> HeadsOf(StreamKind kind,
                               const google::protobuf::RepeatedPtrField<common::v1::Head>& heads) {
  std::vector<bus::Head> out;
  for (const auto& head : heads) {
    const int64_t position =
        head.epoch() == 0 ? head.position()
                          : stream::EphemeralPosition{head.epoch(), head.position()}.Packed();
    out.push_back({{std::string(NameOf(kind)), head.partition()}, position});
  }
  return out;
}

// Tokens hold positions of both stores; in one process they are one.
uint64_t Combine(uint64_t events, uint64_t accounts) { return events ^ absl::rotl(accounts, 1); }

}  // namespace

Sync::Sync(Deps deps)
    : deps_(std::move(deps)),
      presence_reporter_(deps_.presence, deps_.gateway_name),
      room_mates_(deps_.accounts, deps_.remote_rooms, sessions_, heard_, deps_.partitions),
      accounts_(deps_.accounts, heard_, sessions_, deps_.partitions),
      rooms_(deps_.events, heard_, deps_.partitions),
      presence_(deps_.presence, deps_.events, presence_log_, room_mates_),
      device_lists_(deps_.events, room_mates_),
      calls_(deps_.calls, heard_, deps_.partitions),
      engine_({accounts_, rooms_, presence_, device_lists_, calls_, deps_.partitions,
               deps_.presence_on}),
      presence_waker_({sessions_, room_mates_, timers_, deps_.pool}),
      hub_({deps_.bus, heard_, presence_log_, presence_reporter_, presence_waker_, sessions_,
            deps_.partitions}) {
  std::vector<std::string> services = Services();
  if (deps_.presence_on) services.emplace_back(NameOf(StreamKind::kPresence));
  watcher_ = std::make_unique<bus::HeadWatcher>(
      deps_.bus, deps_.clock,
      bus::HeadWatcher::Options{
          .services = services,
          .poll = [this](const std::string& service) { return PollHeads(service); },
          .on_head = [this](const bus::Head& head) { hub_.OnHead(head); }});
  for (const std::string& service : services) {
    for (const bus::Head& head : PollHeads(service)) hub_.OnHead(head);
  }
  SweepLater();
}

Sync::~Sync() = default;

std::vector<bus::Head> Sync::PollHeads(const std::string& service) {
  if (service == NameOf(StreamKind::kAccounts)) {
    const auto response = deps_.accounts.Heads(OwnCall(), {});
    if (!response.ok()) return {};
    accounts_incarnation_ = response->incarnation();
    return HeadsOf(StreamKind::kAccounts, response->heads());
  }
  if (service == NameOf(StreamKind::kCalls)) {
    const auto response = deps_.calls.Heads(OwnCall(), {});
    return response.ok() ? HeadsOf(StreamKind::kCalls, response->heads()) : std::vector<bus::Head>();
  }
  if (service == NameOf(StreamKind::kPresence)) {
    const auto response = deps_.presence.Heads(OwnCall(), {});
    return response.ok() ? HeadsOf(StreamKind::kPresence, response->heads())
                         : std::vector<bus::Head>();
  }
  const auto response = deps_.events.Heads(OwnCall(), {});
  if (!response.ok()) return {};
  events_incarnation_ = response->incarnation();
  for (const bus::Head& head : HeadsOf(StreamKind::kTyping, response->ephemeral_heads())) {
    hub_.OnHead(head);
  }
  return HeadsOf(StreamKind::kEvents, response->heads());
}

void Sync::CatchUp() {
  for (const std::string& service : Services()) {
    if (!watcher_->IsSilent(service)) continue;
    for (const bus::Head& head : PollHeads(service)) hub_.OnHead(head);
  }
}

absl::StatusOr<uint64_t> Sync::Incarnation() {
  if (events_incarnation_ == 0) PollHeads(std::string(NameOf(StreamKind::kEvents)));
  if (accounts_incarnation_ == 0) PollHeads(std::string(NameOf(StreamKind::kAccounts)));
  if (events_incarnation_ == 0 || accounts_incarnation_ == 0) {
    return absl::UnavailableError("the owners of rooms and users do not answer");
  }
  return Combine(events_incarnation_, accounts_incarnation_);
}

// A token of another store's life stands for nothing; a new one is of this life.
void Sync::DropStaleToken(SyncQuery& query, uint64_t incarnation) {
  query.incarnation = incarnation;
  if (query.since && query.since->incarnation() != incarnation) query.since.reset();
}

void Sync::Wrote(std::string_view room_id, int64_t position) {
  heard_.rooms.Wrote(PartitionOf(room_id, deps_.partitions), position, room_id);
}

absl::StatusOr<Difference> Sync::ReadNow(const rpc::Call& call, SyncQuery query) {
  const auto incarnation = Incarnation();
  if (!incarnation.ok()) return incarnation.status();
  DropStaleToken(query, *incarnation);
  CatchUp();
  const auto session = sessions_.Get(query.requester.user_id(), deps_.clock.Now());
  return engine_.Read(call, query, session);
}

void Sync::Serve(const rpc::Call& call, SyncQuery query, ParkedSync::View view,
                 http::Responder responder) {
  const auto incarnation = Incarnation();
  if (!incarnation.ok()) return responder.Send(http::ErrorResponse(incarnation.status()));
  DropStaleToken(query, *incarnation);
  CatchUp();
  if (deps_.presence_on) {
    // Open for as long as the parked sync holds its view.
    const auto open = presence_reporter_.Open(query.requester, query.set_presence);
    view = [open, view = std::move(view)](const Difference& difference) { return view(difference); };
  }
  const auto session = sessions_.Get(query.requester.user_id(), deps_.clock.Now());
  const absl::Time deadline = absl::Now() + query.timeout;
  std::make_shared<ParkedSync>(ParkedSync::Deps{engine_, timers_, deps_.pool, ending_}, call,
                               std::move(query), session, std::move(view), std::move(responder),
                               deadline)
      ->Start();
}

void Sync::End() {
  ending_ = true;
  sessions_.WakeEverybody();
}

void Sync::SweepLater() {
  timers_.At(absl::Now() + kSweepEvery, [this] {
    sessions_.Sweep(deps_.clock.Now(), kSessionIdle);
    SweepLater();
  });
}

}  // namespace parley::gateway
