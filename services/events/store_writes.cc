#include <bit>

#include "services/events/store.h"

namespace parley::events {
namespace {

store::Value TextOrNull(const std::string& text) {
  return text.empty() ? store::Value() : store::Value(text);
}

int64_t Number(std::optional<event::Membership> membership) {
  return membership ? static_cast<int64_t>(*membership) + 1 : 0;
}

}  // namespace

int64_t TreeNode(int64_t from, int64_t to) {
  const uint64_t last = static_cast<uint64_t>(to) - 1;
  const uint64_t differ = static_cast<uint64_t>(from) ^ last;
  if (differ == 0) return from;
  // Everything below the highest bit in which the ends differ, cleared in the larger end.
  return static_cast<int64_t>(last & ~(std::bit_floor(differ) - 1));
}

void AddRoom(store::Batch& batch, const RoomRow& room) {
  batch.Insert("events_rooms",
               {{"p", room.partition}, {"room", room.nid}, {"room_id", room.room_id}, {"version", room.version}});
}

void AddEvent(store::Batch& batch, Partition p, const EventRow& event) {
  batch.Insert("events_pdus", {{"p", p},
                               {"pos", event.pos},
                               {"room", event.room},
                               {"ord", event.ord},
                               {"event_id", event.event_id},
                               {"type", event.type},
                               {"state_key", event.state_key},
                               {"sender", event.sender},
                               {"ts", event.ts},
                               {"flags", event.flags},
                               {"redacted_by", event.redacted_by},
                               {"replaces", event.replaces},
                               {"thread_root", TextOrNull(event.thread_root)},
                               {"txn_device", TextOrNull(event.txn_device)},
                               {"txn_id", TextOrNull(event.txn_id)},
                               {"pdu", store::Bytes(event.pdu)}});
}

void RedactEvent(store::Batch& batch, Partition p, int64_t pos, std::string_view redacted_pdu, int64_t redacted_by,
                 uint32_t flags) {
  batch.Update("events_pdus", {{"p", p}, {"pos", pos}},
               {{"pdu", store::Bytes(redacted_pdu)},
                {"flags", static_cast<int64_t>(flags | kRedacted)},
                {"redacted_by", redacted_by}});
}

void PlaceEvent(store::Batch& batch, Partition p, int64_t pos, RoomOrder ord, uint32_t flags) {
  batch.Update("events_pdus", {{"p", p}, {"pos", pos}}, {{"ord", ord}, {"flags", static_cast<int64_t>(flags)}});
}

void AddPastState(store::Batch& batch, Partition p, RoomNid room, const StateRow& state) {
  batch.Insert("events_past_state", {{"p", p},
                                     {"room", room},
                                     {"type", state.type},
                                     {"state_key", state.state_key},
                                     {"from_pos", state.from_pos},
                                     {"to_pos", state.to_pos},
                                     {"event_pos", state.event_pos},
                                     {"membership", Number(state.membership)},
                                     {"node", TreeNode(state.from_pos, state.to_pos)}});
}

void SetState(store::Batch& batch, Partition p, RoomNid room, const StateRow& state) {
  batch.Upsert("events_state", {{"p", p},
                                {"room", room},
                                {"type", state.type},
                                {"state_key", state.state_key},
                                {"from_pos", state.from_pos},
                                {"event_pos", state.event_pos},
                                {"membership", Number(state.membership)}});
}

void ReplaceState(store::Batch& batch, Partition p, RoomNid room, const StateRow* previous, const StateRow& next) {
  if (previous) {
    StateRow past = *previous;
    past.to_pos = next.from_pos;
    AddPastState(batch, p, room, past);
  }
  SetState(batch, p, room, next);
}

void AddRelation(store::Batch& batch, Partition p, const RelationRow& relation) {
  batch.Insert("events_relations", {{"p", p},
                                    {"room", relation.room},
                                    {"target", relation.target},
                                    {"pos", relation.pos},
                                    {"rel_type", relation.rel_type},
                                    {"type", relation.type},
                                    {"sender", relation.sender},
                                    {"key", TextOrNull(relation.key)}});
}

void DeleteRelation(store::Batch& batch, Partition p, RoomNid room, std::string_view target, int64_t pos) {
  batch.Delete("events_relations", {{"p", p}, {"room", room}, {"target", target}, {"pos", pos}});
}

void AddTxn(store::Batch& batch, Partition p, const TxnRow& txn) {
  batch.Insert("events_txns", {{"p", p},
                               {"room", txn.room},
                               {"user_id", txn.user_id},
                               {"device_id", txn.device_id},
                               {"txn_id", txn.txn_id},
                               {"event_pos", txn.event_pos},
                               {"event_id", txn.event_id},
                               {"ts", txn.ts}});
}

void PruneTxns(store::Batch& batch, Partition p, int64_t before_ts) {
  batch.DeleteRange("events_txns", {{"p", p}}, "ts", 0, before_ts);
}

void SetReceipt(store::Batch& batch, Partition p, const ReceiptRow& receipt) {
  batch.Upsert("events_receipts", {{"p", p},
                                   {"room", receipt.room},
                                   {"user_id", receipt.user_id},
                                   {"type", receipt.type},
                                   {"thread_id", receipt.thread_id},
                                   {"event_id", receipt.event_id},
                                   {"event_pos", receipt.event_pos},
                                   {"ts", receipt.ts},
                                   {"pos", receipt.pos}});
}

void AddAlias(store::Batch& batch, Partition alias_partition, const AliasRow& alias) {
  batch.Insert("events_aliases", {{"p", alias_partition},
                                  {"alias", alias.alias},
                                  {"room_id", alias.room_id},
                                  {"creator", alias.creator}});
}

void DeleteAlias(store::Batch& batch, Partition alias_partition, std::string_view alias) {
  batch.Delete("events_aliases", {{"p", alias_partition}, {"alias", alias}});
}

void Publish(store::Batch& batch, Partition p, const PublishedRow& room) {
  batch.Upsert("events_published", {{"p", p},
                                    {"room", room.room},
                                    {"room_id", room.room_id},
                                    {"joined_members", room.joined_members},
                                    {"room_type", room.room_type},
                                    {"json", store::Bytes(room.json)}});
}

void Unpublish(store::Batch& batch, Partition p, RoomNid room) {
  batch.Delete("events_published", {{"p", p}, {"room", room}});
}

void AddToOutbox(store::Batch& batch, Partition p, int64_t pos) {
  batch.Insert("events_outbox", {{"p", p}, {"pos", pos}});
}

void DeleteFromOutbox(store::Batch& batch, Partition p, int64_t pos) {
  batch.Delete("events_outbox", {{"p", p}, {"pos", pos}});
}

void SetDeviceChange(store::Batch& batch, Partition p, const DeviceChangeRow& change) {
  batch.Upsert("events_device_changes",
               {{"p", p}, {"user_id", change.user_id}, {"pos", change.pos}, {"generation", change.generation}});
}

void AddCallSignal(store::Batch& batch, Partition p, const CallSignalRow& signal) {
  batch.Insert("events_call_signals", {{"p", p},
                                       {"pos", signal.pos},
                                       {"room_id", signal.room_id},
                                       {"event_id", signal.event_id},
                                       {"type", signal.type},
                                       {"sender", signal.sender},
                                       {"ts", signal.ts},
                                       {"seen_at", signal.seen_at},
                                       {"content", signal.content}});
}

void PruneCallSignals(store::Batch& batch, Partition p, int64_t before_ms) {
  batch.DeleteRange("events_call_signals", {{"p", p}}, "seen_at", 0, before_ms);
}

void AddErased(store::Batch& batch, Partition p, std::string_view user_id, int64_t pos) {
  batch.InsertOrIgnore("events_erased", {{"p", p}, {"user_id", user_id}, {"pos", pos}});
}

void AddReport(store::Batch& batch, Partition p, const ReportRow& report) {
  batch.Insert("events_reports", {{"p", p},
                                  {"report_id", report.report_id},
                                  {"reporter", report.reporter},
                                  {"room_id", report.room_id},
                                  {"event_id", report.event_id},
                                  {"user_id", report.user_id},
                                  {"reason", report.reason},
                                  {"score", report.score},
                                  {"ts", report.ts}});
}

}  // namespace parley::events
