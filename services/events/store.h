#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "common/store/batch.h"
#include "common/store/reader.h"
#include "common/store/schema.h"
#include "services/events/rows.h"

// The tables of `events`; no other file knows them. Reads run in the caller's snapshot (store::Store::Read), so that
// several of them, and the stream's head, agree. Writes are added to the caller's batch. Threads: as Reader and Batch.
//
// State is kept as versions: events_state holds what is in force now, with the position it began at; a version that
// was replaced moves to events_past_state. Each past version is filed under one node of a binary tree over positions
// (the point of [from, to) that the most powers of two divide), so the state at any position is found in O(log n)
// range scans that meet only rows of the answer.
namespace parley::events {

// The name of this service's durable streams.
inline constexpr std::string_view kStream = "events";
// What wakes those who follow calls; positions are those of kStream.
inline constexpr std::string_view kCallSignals = "call_signals";
// What wakes those who pass our events on to other servers; positions are those of kStream.
inline constexpr std::string_view kOutbound = "events_outbound";

std::vector<store::Migration> Migrations();

// --- Reads. An absent row is nullopt or an empty vector, never an error.

absl::StatusOr<std::optional<RoomRow>> FindRoom(store::Reader& db, Partition p, std::string_view room_id);
absl::StatusOr<std::optional<RoomRow>> FindRoomByNid(store::Reader& db, Partition p, RoomNid room);

absl::StatusOr<std::optional<EventRow>> ReadEvent(store::Reader& db, Partition p, int64_t pos);
absl::StatusOr<std::optional<EventRow>> FindEvent(store::Reader& db, Partition p, std::string_view event_id);
// The room of an event that is known by its id alone: looks in each of the partitions.
absl::StatusOr<std::optional<RoomRow>> FindRoomOfEvent(store::Reader& db, uint32_t partitions,
                                                       std::string_view event_id);
// In the order asked; positions without a row are left out.
absl::StatusOr<std::vector<EventRow>> ReadEvents(store::Reader& db, Partition p, const std::vector<int64_t>& positions);

using EventCallback = absl::FunctionRef<bool(const EventRow&)>;  // false: enough
// Those of `event_ids` that are here, in any room and with any flags; in no order.
absl::StatusOr<std::vector<EventRow>> FindEvents(store::Reader& db, Partition p,
                                                 const std::vector<std::string>& event_ids);
// Scans meet no hidden events (kHidden).
// Events of a room with ord > `after`, oldest first, at most `limit` rows.
absl::Status ScanForwards(store::Reader& db, Partition p, RoomNid room, RoomOrder after, int64_t limit,
                          EventCallback on_event);
// Events of a room with ord <= `upto`, newest first, at most `limit` rows.
absl::Status ScanBackwards(store::Reader& db, Partition p, RoomNid room, RoomOrder upto, int64_t limit,
                           EventCallback on_event);
// The position of the room's live event nearest to `ts`: the first at or after it, or the last at or before it.
absl::StatusOr<std::optional<EventRow>> FindByTime(store::Reader& db, Partition p, RoomNid room, int64_t ts,
                                                   bool backwards);

// All state in force now; of one type; one entry.
absl::StatusOr<std::vector<StateRow>> CurrentState(store::Reader& db, Partition p, RoomNid room);
absl::StatusOr<std::vector<StateRow>> CurrentStateOfType(store::Reader& db, Partition p, RoomNid room,
                                                         std::string_view type);
absl::StatusOr<std::optional<StateRow>> CurrentStateEntry(store::Reader& db, Partition p, RoomNid room,
                                                          std::string_view type, std::string_view state_key);
// How many members have this membership now; stops counting at `cap`.
absl::StatusOr<int64_t> CountMembers(store::Reader& db, Partition p, RoomNid room, event::Membership membership,
                                     int64_t cap);
// The state after the event at `pos` (of this room or not); O(log n) pages beyond its output.
absl::StatusOr<std::vector<StateRow>> StateAt(store::Reader& db, Partition p, RoomNid room, int64_t pos);
absl::StatusOr<std::optional<StateRow>> StateEntryAt(store::Reader& db, Partition p, RoomNid room, int64_t pos,
                                                     std::string_view type, std::string_view state_key);
// Every version of one entry, oldest first (a user's memberships, the history visibility): answers "at which
// positions" for a whole page of events with one query.
absl::StatusOr<std::vector<StateRow>> StateHistory(store::Reader& db, Partition p, RoomNid room,
                                                   std::string_view type, std::string_view state_key);
// What changed in (after, upto]: versions that began there and are in force at `upto`.
absl::StatusOr<std::vector<StateRow>> StateChanges(store::Reader& db, Partition p, RoomNid room, int64_t after,
                                                   int64_t upto);

// What differed at `pos` from what is in force now: for each such entry what was in force then (event_pos 0: nothing).
// Costs in proportion to what was changed since.
absl::StatusOr<std::vector<StateRow>> StateDifference(store::Reader& db, Partition p, RoomNid room, int64_t pos);

// Ids of the forward extremities; empty: the latest event that is not hidden is the only one.
absl::StatusOr<std::vector<std::string>> Extremities(store::Reader& db, Partition p, RoomNid room);
absl::StatusOr<std::optional<ForkRow>> FindFork(store::Reader& db, Partition p, int64_t pos);
absl::StatusOr<std::vector<ForkStateRow>> ForkStates(store::Reader& db, Partition p, int64_t pos);
absl::StatusOr<std::optional<ForkStateRow>> ForkStateEntry(store::Reader& db, Partition p, int64_t pos,
                                                           std::string_view type, std::string_view state_key);
// Of one room, or of all (0); oldest first.
absl::StatusOr<std::vector<WaitingRow>> WaitingPdus(store::Reader& db, Partition p, RoomNid room);
absl::StatusOr<bool> IsWaiting(store::Reader& db, Partition p, RoomNid room, std::string_view event_id);
// Positions of redactions that came before `target`.
absl::StatusOr<std::vector<int64_t>> EarlyRedactions(store::Reader& db, Partition p, RoomNid room,
                                                     std::string_view target);

// Relations to `target`, oldest first; empty `rel_type` or `type`: any.
absl::StatusOr<std::vector<RelationRow>> RelationsTo(store::Reader& db, Partition p, RoomNid room,
                                                     std::string_view target);
struct ThreadRow {
  std::string root;  // event id
  int64_t latest_pos = 0;
  int64_t count = 0;
};
// Threads by their latest event, newest first, those before `before_pos` only (0: all).
absl::StatusOr<std::vector<ThreadRow>> Threads(store::Reader& db, Partition p, RoomNid room, int64_t before_pos,
                                               int64_t limit);

absl::StatusOr<std::optional<TxnRow>> FindTxn(store::Reader& db, Partition p, RoomNid room, std::string_view user_id,
                                              std::string_view device_id, std::string_view txn_id);
using TxnCallback = absl::FunctionRef<void(std::string_view user_id, std::string_view device_id,
                                           std::string_view txn_id)>;
absl::Status ScanTxns(store::Reader& db, Partition p, RoomNid room, TxnCallback on_txn);

// Receipts of a room set after `after` (0: all).
absl::StatusOr<std::vector<ReceiptRow>> Receipts(store::Reader& db, Partition p, RoomNid room, int64_t after);
absl::StatusOr<std::vector<ReceiptRow>> ReceiptsOf(store::Reader& db, Partition p, RoomNid room,
                                                   std::string_view user_id);

absl::StatusOr<std::optional<AliasRow>> FindAlias(store::Reader& db, Partition alias_partition,
                                                  std::string_view alias);
absl::StatusOr<std::vector<AliasRow>> AliasesOf(store::Reader& db, Partition alias_partition,
                                                std::string_view room_id);

absl::StatusOr<bool> IsPublished(store::Reader& db, Partition p, RoomNid room);
absl::StatusOr<std::vector<PublishedRow>> PublishedRooms(store::Reader& db, Partition p);

// Positions of membership events that `accounts` has perhaps not been told of.
absl::StatusOr<std::vector<int64_t>> OutboxPositions(store::Reader& db, Partition p);

// Behind `after`, in order, at most `limit`.
absl::StatusOr<std::vector<CallSignalRow>> CallSignalsAfter(store::Reader& db, Partition p, int64_t after, int64_t limit);

// All times of all other servers in a room; and of one server in all rooms of the partition.
absl::StatusOr<std::vector<RoomServerRow>> RoomServers(store::Reader& db, Partition p, RoomNid room);
absl::StatusOr<std::vector<RoomServerRow>> RoomsOfServer(store::Reader& db, Partition p, std::string_view server);
// Behind `after`, in order, at most `limit`.
absl::StatusOr<std::vector<OutboundRow>> OutboundAfter(store::Reader& db, Partition p, int64_t after, int64_t limit);
absl::StatusOr<std::optional<OutboundRow>> FindOutbound(store::Reader& db, Partition p, int64_t pos);
absl::StatusOr<std::optional<RemoteMembershipRow>> FindRemoteMembership(store::Reader& db, Partition p,
                                                                        std::string_view room_id,
                                                                        std::string_view user_id);
absl::StatusOr<std::optional<RemoteMembershipRow>> RemoteMembershipAt(store::Reader& db, Partition p, int64_t pos);

absl::StatusOr<std::optional<DeviceChangeRow>> FindDeviceChange(store::Reader& db, Partition p,
                                                                std::string_view user_id);
absl::StatusOr<std::vector<DeviceChangeRow>> DeviceChanges(store::Reader& db, Partition p, int64_t after);

// Users who were erased, and where their partition's stream stood then.
absl::Status ScanErased(store::Reader& db,
                        absl::FunctionRef<void(Partition p, std::string_view user_id, int64_t pos)> on_user);

// --- Writes

void AddRoom(store::Batch& batch, const RoomRow& room);
void AddEvent(store::Batch& batch, Partition p, const EventRow& event);
// The event's redacted form takes the place of the original; `flags` are those it had.
void RedactEvent(store::Batch& batch, Partition p, int64_t pos, std::string_view redacted_pdu, int64_t redacted_by,
                 uint32_t flags);
// An event gets another place in its room: an outlier whose past has come, the end of a gap that was filled.
void PlaceEvent(store::Batch& batch, Partition p, int64_t pos, RoomOrder ord, uint32_t flags);
// `next` comes into force at next.from_pos; `previous`, if any, is what it replaces. With next.event_pos 0 the entry ends.
void ReplaceState(store::Batch& batch, Partition p, RoomNid room, const StateRow* previous, const StateRow& next);
// A version that was in force during [state.from_pos, state.to_pos).
void AddPastState(store::Batch& batch, Partition p, RoomNid room, const StateRow& state);
// `state` is in force now, whatever was before.
void SetState(store::Batch& batch, Partition p, RoomNid room, const StateRow& state);
void AddRelation(store::Batch& batch, Partition p, const RelationRow& relation);
void DeleteRelation(store::Batch& batch, Partition p, RoomNid room, std::string_view target, int64_t pos);
// These alone are the room's forward extremities; none: the latest event is.
void SetExtremities(store::Batch& batch, Partition p, RoomNid room, const std::vector<std::string>& event_ids);
void AddFork(store::Batch& batch, Partition p, const ForkRow& fork, const std::vector<ForkStateRow>& differences);
void AddWaiting(store::Batch& batch, Partition p, const WaitingRow& waiting);
void DeleteWaiting(store::Batch& batch, Partition p, RoomNid room, std::string_view event_id);
void AddEarlyRedaction(store::Batch& batch, Partition p, RoomNid room, std::string_view target, int64_t pos);
void DeleteEarlyRedactions(store::Batch& batch, Partition p, RoomNid room, std::string_view target);
void AddTxn(store::Batch& batch, Partition p, const TxnRow& txn);
void PruneTxns(store::Batch& batch, Partition p, int64_t before_ts);
void SetReceipt(store::Batch& batch, Partition p, const ReceiptRow& receipt);
// Fails the batch with AlreadyExists when the alias is taken.
void AddAlias(store::Batch& batch, Partition alias_partition, const AliasRow& alias);
void DeleteAlias(store::Batch& batch, Partition alias_partition, std::string_view alias);
void Publish(store::Batch& batch, Partition p, const PublishedRow& room);
void Unpublish(store::Batch& batch, Partition p, RoomNid room);
void AddToOutbox(store::Batch& batch, Partition p, int64_t pos);
void DeleteFromOutbox(store::Batch& batch, Partition p, int64_t pos);
void SetDeviceChange(store::Batch& batch, Partition p, const DeviceChangeRow& change);
void AddCallSignal(store::Batch& batch, Partition p, const CallSignalRow& signal);
void PruneCallSignals(store::Batch& batch, Partition p, int64_t before_ms);
void AddRoomServer(store::Batch& batch, Partition p, const RoomServerRow& server);
// The server's present time in the room ends at `to_pos`.
void EndRoomServer(store::Batch& batch, Partition p, RoomNid room, std::string_view server, int64_t to_pos);
void AddOutbound(store::Batch& batch, Partition p, const OutboundRow& outbound);
void PruneOutbound(store::Batch& batch, Partition p, int64_t before_ms);
void SetRemoteMembership(store::Batch& batch, Partition p, const RemoteMembershipRow& membership);
void DeleteRemoteMembership(store::Batch& batch, Partition p, std::string_view room_id, std::string_view user_id);
// Keeps a row that is there already.
void AddErased(store::Batch& batch, Partition p, std::string_view user_id, int64_t pos);
void AddReport(store::Batch& batch, Partition p, const ReportRow& report);

// The node that a version in force during [from, to) is filed under; from < to. Public for its test.
int64_t TreeNode(int64_t from, int64_t to);

}  // namespace parley::events
