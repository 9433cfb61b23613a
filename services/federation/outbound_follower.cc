#include "services/federation/outbound_follower.h"

#include <map>
#include <utility>

#include <absl/time/clock.h>

namespace parley::federation {
namespace {

// Names of the streams of `events`: its wakes for what leaves this server, and its heads.
constexpr char kOutbound[] = "events_outbound";
constexpr char kEvents[] = "events";
constexpr uint32_t kPage = 500;

rpc::Call OwnCall() {
  return {.deadline = absl::Now() + absl::Seconds(10), .request_id = "outbound"};
}

}  // namespace

OutboundFollower::OutboundFollower(const Needs& needs, std::vector<int64_t> marks, Take take)
    : needs_(needs),
      take_(std::move(take)),
      stream_(needs.bus, needs.clock,
              {.wakes = kOutbound,
               .service = kEvents,
               .begin = std::move(marks),
               .poll = [this] { return PollHeads(); },
               .read = [this](const std::vector<bus::Progress>& behind) { return Read(behind); }}) {
}

std::optional<std::vector<bus::Progress>> OutboundFollower::Read(
    const std::vector<bus::Progress>& behind) {
  events::v1::ListOutboundRequest request;
  request.set_limit(kPage);
  for (const bus::Progress& progress : behind) {
    common::v1::Head& since = *request.add_since();
    since.set_partition(progress.partition);
    since.set_position(progress.position);
  }
  const auto response = needs_.rooms.ListOutbound(OwnCall(), request);
  if (!response.ok()) return std::nullopt;
  take_(*response);
  std::map<Partition, int64_t> heads;
  for (const common::v1::Head& head : response->heads()) heads[head.partition()] = head.position();
  // An answer may end before the head, or leave a partition out: one that has moved is read until
  // it stands still.
  std::vector<bus::Progress> done;
  for (const auto& [partition, position, more] : behind) {
    const auto head = heads.find(partition);
    if (head == heads.end()) {
      done.push_back({partition, position, true});
    } else {
      done.push_back({partition, head->second, head->second > position});
    }
  }
  return done;
}

std::vector<bus::Head> OutboundFollower::PollHeads() {
  const auto response = needs_.events.Heads(OwnCall(), {});
  return response.ok() ? bus::HeadsOf(kEvents, response->heads()) : std::vector<bus::Head>();
}

}  // namespace parley::federation
