#include "services/events/read/typing_view.h"

#include "services/events/read/receipts_view.h"

namespace parley::events {

void AddTyping(const TypingTable& table, const EventFilter& ephemeral_filter, const v1::RoomSince& since,
               v1::RoomUpdate& update) {
  if (!ephemeral_filter.KeepsType("m.typing")) return;
  const TypingTable::Snapshot typing = table.Read(since.room_id());
  const stream::EphemeralPosition seen{since.typing_epoch(), since.typing_counter()};
  const bool is_new = since.since() == 0;
  const bool changed = !is_new && typing.position.Packed() > seen.Packed();
  if (!changed && (!is_new || typing.user_ids.empty())) return;
  update.add_ephemeral(TypingEvent(typing.user_ids));
  update.set_has_news(true);
}

void AddTypingHead(const TypingTable& table, Partition partition, v1::ReadSinceResponse& response) {
  const stream::EphemeralPosition typing = table.Head(partition);
  auto* out = response.add_typing_heads();
  out->set_partition(partition);
  out->set_epoch(typing.epoch);
  out->set_position(typing.counter);
}

}  // namespace parley::events
