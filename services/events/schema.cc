#include "services/events/store.h"

namespace parley::events {
namespace {

using store::Column;
using store::Index;
using store::Table;
using store::Type;

Column Int(std::string name) { return {std::move(name), Type::kInteger, false}; }
Column Text(std::string name) { return {std::move(name), Type::kText, false}; }
Column Bytes(std::string name) { return {std::move(name), Type::kBytes, false}; }
Column Maybe(Column column) {
  column.nullable = true;
  return column;
}

Table Rooms() {
  return {"events_rooms",
          {Int("p"), Int("room"), Text("room_id"), Text("version")},
          {"p", "room"},
          {{"events_rooms_by_id", {"p", "room_id"}, true}}};
}

Table Pdus() {
  return {.name = "events_pdus",
          .columns = {Int("p"), Int("pos"), Int("room"), Int("ord"), Text("event_id"), Text("type"),
                      Maybe(Text("state_key")), Text("sender"), Int("ts"), Int("flags"), Int("redacted_by"),
                      Int("replaces"), Maybe(Text("thread_root")), Maybe(Text("txn_device")),
                      Maybe(Text("txn_id")), Bytes("pdu")},
          .primary_key = {"p", "pos"},
          .indexes = {{"events_pdus_by_order", {"p", "room", "ord"}, true},
                      {"events_pdus_by_id", {"p", "event_id"}, true}},
          .clustered = false};
}

Table State() {
  return {"events_state",
          {Int("p"), Int("room"), Text("type"), Text("state_key"), Int("from_pos"), Int("event_pos"),
           Int("membership")},
          {"p", "room", "type", "state_key"},
          {{"events_state_by_from", {"p", "room", "from_pos"}}}};
}

Table PastState() {
  return {"events_past_state",
          {Int("p"), Int("room"), Text("type"), Text("state_key"), Int("from_pos"), Int("to_pos"), Int("event_pos"),
           Int("membership"), Int("node")},
          {"p", "room", "type", "state_key", "from_pos"},
          {{"events_past_state_by_from", {"p", "room", "node", "from_pos"}},
           {"events_past_state_by_to", {"p", "room", "node", "to_pos"}}}};
}

Table Relations() {
  return {"events_relations",
          {Int("p"), Int("room"), Text("target"), Int("pos"), Text("rel_type"), Text("type"), Text("sender"),
           Maybe(Text("key"))},
          {"p", "room", "target", "pos"},
          {{"events_relations_by_type", {"p", "room", "rel_type", "target", "pos"}}}};
}

Table Txns() {
  return {"events_txns",
          {Int("p"), Int("room"), Text("user_id"), Text("device_id"), Text("txn_id"), Int("event_pos"),
           Text("event_id"), Int("ts")},
          {"p", "room", "user_id", "device_id", "txn_id"}};
}

Table ReceiptsTable() {
  return {"events_receipts",
          {Int("p"), Int("room"), Text("user_id"), Text("type"), Text("thread_id"), Text("event_id"),
           Int("event_pos"), Int("ts"), Int("pos")},
          {"p", "room", "user_id", "type", "thread_id"},
          {{"events_receipts_by_pos", {"p", "room", "pos"}}}};
}

Table Aliases() {
  return {"events_aliases",
          {Int("p"), Text("alias"), Text("room_id"), Text("creator")},
          {"p", "alias"},
          {{"events_aliases_by_room", {"p", "room_id"}}}};
}

Table Published() {
  return {"events_published",
          {Int("p"), Int("room"), Text("room_id"), Int("joined_members"), Text("room_type"), Bytes("json")},
          {"p", "room"}};
}

Table Outbox() { return {"events_outbox", {Int("p"), Int("pos")}, {"p", "pos"}}; }

Table DeviceChangesTable() {
  return {"events_device_changes",
          {Int("p"), Text("user_id"), Int("pos"), Int("generation")},
          {"p", "user_id"},
          {{"events_device_changes_by_pos", {"p", "pos"}}}};
}

Table Reports() {
  return {"events_reports",
          {Int("p"), Text("report_id"), Text("reporter"), Text("room_id"), Text("event_id"), Text("user_id"),
           Text("reason"), Int("score"), Int("ts")},
          {"p", "report_id"}};
}

Table Erased() { return {"events_erased", {Int("p"), Text("user_id"), Int("pos")}, {"p", "user_id"}}; }

Table CallSignals() {
  return {"events_call_signals",
          {Int("p"), Int("pos"), Text("room_id"), Text("event_id"), Text("type"), Text("sender"), Int("ts"),
           Int("seen_at"), Text("content")},
          {"p", "pos"},
          {{"events_call_signals_by_time", {"p", "seen_at"}}}};
}

// Forward extremities, of rooms where they are not just the latest event.
Table Extremities() {
  return {"events_extremities", {Int("p"), Int("room"), Text("event_id")}, {"p", "room", "event_id"}};
}

Table Forks() {
  return {"events_forks", {Int("p"), Int("pos"), Int("line"), Int("parent"), Int("depth")}, {"p", "pos"}};
}

Table ForkState() {
  return {"events_fork_state",
          {Int("p"), Int("pos"), Text("type"), Text("state_key"), Int("event_pos")},
          {"p", "pos", "type", "state_key"}};
}

Table Waiting() {
  return {.name = "events_waiting",
          .columns = {Int("p"), Int("room"), Text("event_id"), Text("origin"), Int("seen_at"), Bytes("pdu")},
          .primary_key = {"p", "room", "event_id"},
          .clustered = false};
}

// Redactions whose target was not here when they came.
Table EarlyRedactions() {
  return {"events_early_redactions",
          {Int("p"), Int("room"), Text("target"), Int("pos")},
          {"p", "room", "target", "pos"}};
}

Table RoomServersTable() {
  return {"events_room_servers",
          {Int("p"), Int("room"), Text("server"), Int("from_pos"), Int("to_pos")},
          {"p", "room", "server", "from_pos"},
          {{"events_room_servers_by_server", {"p", "server"}}}};
}

Table OutboundTable() {
  return {"events_outbound",
          {Int("p"), Int("pos"), Int("room"), Text("sender_server"), Maybe(Text("extra_server")), Int("seen_at")},
          {"p", "pos"},
          {{"events_outbound_by_time", {"p", "seen_at"}}}};
}

Table RemoteMemberships() {
  return {.name = "events_remote_memberships",
          .columns = {Int("p"), Text("room_id"), Text("user_id"), Int("pos"), Text("membership"), Text("version"),
                      Text("server"), Text("event_id"), Text("sender"), Bytes("pdu"), Bytes("state")},
          .primary_key = {"p", "room_id", "user_id"},
          .indexes = {{"events_remote_memberships_by_pos", {"p", "pos"}}},
          .clustered = false};
}

}  // namespace

std::vector<store::Migration> Migrations() {
  return {{.service = "events",
           .number = 1,
           .tables = {Rooms(), Pdus(), State(), PastState(), Relations(), Txns(), ReceiptsTable(), Aliases(),
                      Published(), Outbox(), DeviceChangesTable(), Reports()},
           .columns = {}},
          {.service = "events", .number = 2, .tables = {CallSignals()}},
          {.service = "events",
           .number = 3,
           .tables = {Extremities(), Forks(), ForkState(), Waiting(), EarlyRedactions()}},
          {.service = "events", .number = 4, .tables = {RoomServersTable(), OutboundTable(), RemoteMemberships()}},
          {.service = "events", .number = 5, .tables = {Erased()}}};
}

}  // namespace parley::events
