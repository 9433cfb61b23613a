#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/event/received_pdu.h"
#include "common/json/value.h"
#include "common/rpc/call.h"
#include "services/events/context.h"

namespace parley::events {

// Questions about one room to other servers, and their answers as verified events; what is no event
// of the room, or not signed as it must be, is left out. Every answer is bounded. Server-server
// API, "Backfilling and retrieving missing events", "Retrieving event authorization information".
//
// Threads: any. Lifetime: borrows all.
class Peers {
 public:
  Peers(const Context& context, const rpc::Call& call, std::string room_id,
        const event::RoomVersion& version)
      : context_(context), call_(call), room_id_(std::move(room_id)), version_(version) {}

  // The servers to ask: `first`, then others that are joined to the room, a few.
  std::vector<std::string> Candidates(std::string_view first) const;

  using Events = std::vector<event::VerifiedPdu>;
  absl::StatusOr<Events> GetMissingEvents(std::string_view server,
                                          const std::vector<EventId>& earliest,
                                          const std::vector<EventId>& latest, size_t limit) const;
  absl::StatusOr<Events> Backfill(std::string_view server, const EventId& from, size_t limit) const;
  absl::StatusOr<Events> GetEvent(std::string_view server, const EventId& id) const;

  struct StateIds {
    std::vector<EventId> state;
    std::vector<EventId> auth_chain;
  };
  absl::StatusOr<StateIds> GetStateIds(std::string_view server, const EventId& at) const;
  // State before an event, and its auth chain behind it.
  absl::StatusOr<Events> GetState(std::string_view server, const EventId& at) const;

  // Of this room, with valid signatures.
  Events Verify(const json::Array& pdus) const;

 private:
  absl::StatusOr<json::Object> Ask(std::string_view server, std::string_view method,
                                   std::string path, std::string body = "") const;
  std::string RoomPath(std::string_view endpoint) const;

  const Context& context_;
  const rpc::Call& call_;
  const std::string room_id_;
  const event::RoomVersion& version_;
};

}  // namespace parley::events
