#include "services/gateway/sync/room_selection.h"

#include <absl/container/flat_hash_set.h>

#include "common/base/partition.h"

namespace parley::gateway {
namespace {

using accounts::v1::Membership;
using events::v1::RoomSince;
using stream::StreamKind;

bool IsJoin(const Membership& membership) { return membership.membership() == "join"; }
bool HasLeft(const Membership& membership) {
  return membership.membership() == "leave" || membership.membership() == "ban";
}

class Selection {
 public:
  explicit Selection(const SelectionInput& input) : input_(input) {}

  // Fills `room`; false: nothing to ask.
  bool Select(const Membership& membership, RoomSince& room) const {
    if (!input_.filter.AcceptsRoom(membership.room_id())) return false;
    const Partition partition = PartitionOf(membership.room_id(), input_.partitions);
    room.set_room_id(membership.room_id());
    room.set_membership(membership.membership());
    room.set_membership_position(membership.position());
    if (input_.since == nullptr) return !HasLeft(membership) || input_.filter.include_leave();
    if (HasLeft(membership)) return SelectLeft(membership, partition, room);
    if (!IsJoin(membership)) return ChangedSinceToken(membership);
    return SelectJoined(membership, partition, room);
  }

 private:
  bool ChangedSinceToken(const Membership& membership) const {
    return membership.recorded_at() > input_.accounts_since;
  }

  bool SelectLeft(const Membership& membership, Partition partition, RoomSince& room) const {
    room.set_since(input_.since->Position(StreamKind::kEvents, partition));
    if (ChangedSinceToken(membership)) return true;
    return input_.full_state && input_.filter.include_leave();
  }

  bool SelectJoined(const Membership& membership, Partition partition, RoomSince& room) const {
    if (membership.joined_recorded_at() > input_.accounts_since) return true;  // new: since 0
    const int64_t since = input_.since->Position(StreamKind::kEvents, partition);
    const stream::EphemeralPosition typing = input_.since->Ephemeral(StreamKind::kTyping, partition);
    room.set_since(since);
    room.set_typing_epoch(typing.epoch);
    room.set_typing_counter(typing.counter);
    return input_.full_state || since == 0 ||
           input_.rooms.Since(partition, membership.room_id(), since) != WakeIndex::News::kNo ||
           input_.typing.Since(partition, membership.room_id(), typing.Packed()) !=
               WakeIndex::News::kNo;
  }

  const SelectionInput& input_;
};

}  // namespace

std::vector<RoomSince> SelectRooms(const SelectionInput& input) {
  const Selection selection(input);
  std::vector<RoomSince> rooms, quiet;
  absl::flat_hash_set<Partition> asked;
  for (const Membership& membership : input.memberships) {
    RoomSince room;
    if (selection.Select(membership, room)) {
      asked.insert(PartitionOf(membership.room_id(), input.partitions));
      rooms.push_back(std::move(room));
    } else if (IsJoin(membership) && room.since() > 0) {
      quiet.push_back(std::move(room));
    }
  }
  // The answer takes the token to the partition's head, which may be ahead of what was heard of the other rooms there:
  // they are asked too, or what they have up to that head would never be shown.
  for (RoomSince& room : quiet) {
    if (asked.contains(PartitionOf(room.room_id(), input.partitions))) rooms.push_back(std::move(room));
  }
  return rooms;
}

}  // namespace parley::gateway
