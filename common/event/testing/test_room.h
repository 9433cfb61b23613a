#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/sign.h"
#include "common/event/auth_rules.h"
#include "common/event/event_builder.h"
#include "common/event/pdu.h"
#include "common/event/room_version.h"
#include "common/event/state_tuple.h"
#include "common/json/value.h"

namespace parley::event::testing {

// The signing key of every server in a TestRoom: one for all, fixed.
const crypto::SigningKey& TestKey();
// Knows TestKey() for every server, for ever.
std::optional<VerifyKey> TestKeys(std::string_view server, std::string_view key_id);

// A room in memory whose events are really built and signed; nothing is checked by itself. Time is
// a counter.
//
//   TestRoom room(GetRoomVersion("12"), "@alice:a.test");
//   room.Add("@alice:a.test", "m.room.join_rules", "", R"({"join_rule":"public"})");
//   PduPtr join = room.Make("@bob:b.test", "m.room.member", "@bob:b.test",
//   R"({"membership":"join"})");
//
// It begins with the create event and its sender's join.
class TestRoom {
 public:
  TestRoom(const RoomVersion& version, std::string creator, std::string_view create_content = "{}");

  const RoomVersion& version() const { return version_; }
  const RoomId& id() const { return create_->room_id; }
  const PduPtr& create() const { return create_; }
  const PduPtr& last() const { return last_; }

  // An event on top of the last one, with auth events from the current state. `content` is JSON.
  PduPtr Make(std::string_view sender, std::string_view type, std::optional<std::string> state_key,
              std::string_view content) const;
  // The same, from fields that the test has changed.
  PduPtr Build(EventFields fields) const;
  EventFields Fields(std::string_view sender, std::string_view type,
                     std::optional<std::string> state_key, std::string_view content) const;

  // Makes it part of the room.
  PduPtr Add(std::string_view sender, std::string_view type, std::optional<std::string> state_key,
             std::string_view content);
  void Add(PduPtr event);
  // A member event of `user` by `sender` (themself if empty).
  PduPtr Member(std::string_view user, std::string_view membership, std::string_view sender = "");

  // The current state.
  PduPtr State(std::string_view type, std::string_view state_key = "") const;
  void Forget(std::string_view type, std::string_view state_key = "");
  const Pdu* operator()(std::string_view type, std::string_view state_key) const;
  StateMap Snapshot() const;
  // Lets the next events stand on an older state and event: a fork.
  void GoBack(const StateMap& state, PduPtr last);

  PduPtr Find(const EventId& id) const;
  // The auth events that `event` names.
  std::vector<AuthEvent> AuthEventsOf(const Pdu& event) const;

 private:
  std::vector<EventReference> SelectAuthEvents(const EventFields& fields) const;

  const RoomVersion& version_;
  PduPtr create_;
  PduPtr last_;
  std::map<StateTuple, PduPtr> state_;
  std::map<EventId, PduPtr> events_;
  int64_t now_ = 1'700'000'000'000;
};

// JSON of a test, or a failed test.
json::Object Json(std::string_view text);

}  // namespace parley::event::testing
