#include "services/gateway/sync/sync_hub.h"

#include "common/base/partition.h"
#include "common/stream/position.h"

namespace parley::gateway {
namespace {

using stream::NameOf;
using stream::StreamKind;

bool IsOfRooms(std::string_view service) {
  return service == NameOf(StreamKind::kEvents) || service == NameOf(StreamKind::kTyping) ||
         service == NameOf(StreamKind::kCalls);
}

}  // namespace

SyncHub::SyncHub(Deps deps) : deps_(deps) {
  subscriptions_.push_back(deps_.bus.Subscribe(bus::Interest::All(),
                                               [this](const bus::Wake& wake) { OnWake(wake); }));
  subscriptions_.push_back(deps_.bus.OnReconnect([this] { OnReconnect(); }));
}

WakeIndex* SyncHub::IndexFor(std::string_view service) {
  if (service == NameOf(StreamKind::kEvents)) return &deps_.heard.rooms;
  if (service == NameOf(StreamKind::kTyping)) return &deps_.heard.typing;
  if (service == NameOf(StreamKind::kAccounts)) return &deps_.heard.accounts;
  if (service == NameOf(StreamKind::kCalls)) return &deps_.heard.calls;
  return nullptr;
}

void SyncHub::OnWake(const bus::Wake& wake) {
  if (wake.service == NameOf(StreamKind::kPresence)) {
    const auto hearing = deps_.presence_log.Heard(wake.partition, wake.position, wake.key);
    if (hearing != PresenceLog::Hearing::kComplete) return OnPresenceMissed(hearing);
    return deps_.presence_waker.Changed(wake.key);
  }
  WakeIndex* index = IndexFor(wake.service);
  if (index == nullptr) return;
  const bool complete = index->Heard(wake.partition, wake.position, wake.key);
  if (complete && !wake.key.empty()) {
    WakeKey(wake.service, wake.key);
  } else {
    WakePartition(wake.service, wake.partition);
  }
}

void SyncHub::OnPresenceMissed(PresenceLog::Hearing hearing) {
  if (hearing == PresenceLog::Hearing::kNewOwner) deps_.presence_reporter.RepeatAll();
  deps_.sessions.WakeEverybody();
}

void SyncHub::OnHead(const bus::Head& head) {
  if (head.topic.service == NameOf(StreamKind::kPresence)) {
    const auto hearing = deps_.presence_log.HeardHead(head.topic.partition, head.position);
    if (hearing != PresenceLog::Hearing::kComplete) OnPresenceMissed(hearing);
    return;
  }
  WakeIndex* index = IndexFor(head.topic.service);
  if (index == nullptr) return;
  const bool complete = index->HeardHead(head.topic.partition, head.position);
  if (!complete) WakePartition(head.topic.service, head.topic.partition);
}

void SyncHub::OnReconnect() {
  deps_.heard.rooms.Forget();
  deps_.heard.typing.Forget();
  deps_.heard.accounts.Forget();
  deps_.heard.calls.Forget();
  deps_.presence_log.Forget();
  deps_.sessions.WakeEverybody();
}

void SyncHub::WakeKey(std::string_view service, std::string_view key) {
  if (IsOfRooms(service)) {
    deps_.sessions.WakeRoom(key);
  } else {
    deps_.sessions.WakeUser(key);
  }
}

void SyncHub::WakePartition(std::string_view service, Partition partition) {
  const auto in_partition = [this, partition](std::string_view key) {
    return PartitionOf(key, deps_.partitions) == partition;
  };
  if (IsOfRooms(service)) {
    deps_.sessions.WakeRoomsIf(in_partition);
  } else {
    deps_.sessions.WakeUsersIf(in_partition);
  }
}

}  // namespace parley::gateway
