#pragma once

#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "common/rpc/call.h"
#include "parley/events/v1/events.parley.h"
#include "parley/events/v1/room_federation.parley.h"
#include "parley/federation/v1/federation.parley.h"
#include "parley/presence/v1/presence.parley.h"

namespace parley::federation {

// A user's status as `presence` tells clients, as an entry of an m.presence EDU: without names, and
// with the `last_active_ago` that the EDU needs.
json::Object PresenceEntry(const std::string& user_id, json::Object status);
std::string PresenceEdu(json::Array entries);

// Tells servers that are new in a room which of our users in it are there. Of a room that it has
// not looked at before, all servers are new.
//
// Threads: one. Lifetime: borrows its arguments. Memory: the servers of kMaxRooms rooms.
class Introductions {
 public:
  static constexpr size_t kMaxRooms = 100'000;
  static constexpr size_t kMaxEntries = 100;  // of one EDU

  // `own_suffix`: how our users' ids end.
  Introductions(events::EventsService& events, events::RoomFederationService& rooms,
                presence::PresenceService& presence, std::string own_suffix);

  // What is to be sent to those that came into the room since Done. Nothing for those that left it.
  absl::StatusOr<SendEdusRequest> Look(const rpc::Call& call, const std::string& room_id);
  // The servers that the last Look has found, in this room, are new no more.
  void Done(const std::string& room_id);

 private:
  using Servers = absl::flat_hash_set<std::string>;

  absl::StatusOr<std::vector<std::string>> OurUsersIn(const rpc::Call& call,
                                                      const std::string& room_id) const;
  // Of those who are there.
  absl::StatusOr<json::Array> EntriesOf(const rpc::Call& call,
                                        const std::vector<std::string>& users) const;

  events::EventsService& events_;
  events::RoomFederationService& rooms_;
  presence::PresenceService& presence_;
  const std::string own_suffix_;
  absl::flat_hash_map<std::string, Servers> known_;  // by room
  Servers looked_at_;                                // by the last Look
};

}  // namespace parley::federation
