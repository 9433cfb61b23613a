#include "services/events/typing.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/stream/position.h"

namespace parley::events {
namespace {

const std::string_view kName = stream::NameOf(stream::StreamKind::kTyping);

}  // namespace

TypingTable::TypingTable(bus::Bus& bus, uint32_t partitions) : bus_(bus) {
  for (Partition partition = 0; partition < partitions; ++partition) {
    streams_.push_back(std::make_unique<stream::EphemeralStream>(bus, kName, partition, 0));
  }
}

void TypingTable::Open(Partition partition, int64_t epoch) {
  absl::MutexLock lock(&mutex_);
  streams_[partition] = std::make_unique<stream::EphemeralStream>(bus_, kName, partition, epoch);
  const auto partitions = static_cast<uint32_t>(streams_.size());
  absl::erase_if(rooms_, [&](const auto& room) { return PartitionOf(room.first, partitions) == partition; });
}

stream::EphemeralStream& TypingTable::StreamFor(std::string_view room_id) {
  return *streams_[PartitionOf(room_id, static_cast<uint32_t>(streams_.size()))];
}

void TypingTable::Set(std::string_view room_id, std::string_view user_id, absl::Time until,
                      absl::Time now) {
  absl::MutexLock lock(&mutex_);
  Room& room = rooms_[Abs(room_id)];
  const bool was_typing = room.until.contains(Abs(user_id));
  const bool types = until > now;
  if (types) {
    room.until[Abs(user_id)] = until;
  } else {
    room.until.erase(Abs(user_id));
  }
  if (types != was_typing) room.position = StreamFor(room_id).Advance(room_id);
}

bool TypingTable::Expire(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  bool any = false;
  for (auto& [room_id, room] : rooms_) {
    const size_t before = room.until.size();
    absl::erase_if(room.until, [now](const auto& entry) { return entry.second <= now; });
    if (room.until.size() == before) continue;
    room.position = StreamFor(room_id).Advance(room_id);
    any = true;
  }
  return any;
}

TypingTable::Snapshot TypingTable::Read(std::string_view room_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = rooms_.find(Abs(room_id));
  if (found == rooms_.end()) return {};
  Snapshot snapshot;
  snapshot.position = found->second.position;
  for (const auto& [user_id, until] : found->second.until) snapshot.user_ids.push_back(user_id);
  std::sort(snapshot.user_ids.begin(), snapshot.user_ids.end());
  return snapshot;
}

stream::EphemeralPosition TypingTable::Head(Partition partition) const {
  absl::MutexLock lock(&mutex_);
  return streams_[partition]->head();
}

}  // namespace parley::events
