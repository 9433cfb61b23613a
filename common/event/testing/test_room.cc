#include "common/event/testing/test_room.h"

#include <cstdlib>
#include <iostream>

#include "common/event/event_types.h"

namespace parley::event::testing {
namespace {

// A test that is written wrong stops at once.
template <class T>
T Must(absl::StatusOr<T> result) {
  if (!result.ok()) {
    std::cerr << result.status() << std::endl;
    std::abort();
  }
  return *std::move(result);
}

}  // namespace

json::Object Json(std::string_view text) {
  return Must(json::ParseObject(text));
}

const crypto::SigningKey& TestKey() {
  static const auto* key =
      new crypto::SigningKey(Must(crypto::SigningKey::FromSeed("1", std::string(32, 's'))));
  return *key;
}

std::optional<VerifyKey> TestKeys(std::string_view server, std::string_view key_id) {
  if (key_id != TestKey().id()) return std::nullopt;
  return VerifyKey{TestKey().public_key(), INT64_MAX, std::nullopt};
}

TestRoom::TestRoom(const RoomVersion& version, std::string creator, std::string_view create_content)
    : version_(version) {
  EventFields fields = Fields(creator, kCreate, "", create_content);
  fields.content.Set("room_version", std::string(version.id));
  if (!version.creator_is_sender) fields.content.Set("creator", creator);
  if (!version.room_id_is_create_hash) {
    fields.room_id = RoomId::Trusted("!room:" + std::string(fields.sender.server_name()));
  }
  create_ = Build(std::move(fields));
  Add(create_);
  Member(creator, "join");
}

EventFields TestRoom::Fields(std::string_view sender, std::string_view type,
                             std::optional<std::string> state_key, std::string_view content) const {
  EventFields fields;
  fields.sender = UserId::Trusted(std::string(sender));
  fields.type = type;
  fields.state_key = std::move(state_key);
  fields.content = Json(content);
  fields.origin_server_ts = now_;
  if (create_ != nullptr) fields.room_id = create_->room_id;
  if (last_ != nullptr) {
    fields.prev_events = {ReferenceTo(*last_)};
    fields.depth = last_->depth + 1;
  }
  fields.auth_events = SelectAuthEvents(fields);
  return fields;
}

std::vector<EventReference> TestRoom::SelectAuthEvents(const EventFields& fields) const {
  std::vector<EventReference> references;
  const auto types = AuthTypesFor(version_, fields.type, fields.sender.str(),
                                  fields.state_key ? &*fields.state_key : nullptr, fields.content);
  for (const StateTuple& tuple : types) {
    if (const PduPtr event = State(tuple.type, tuple.state_key)) {
      references.push_back(ReferenceTo(*event));
    }
  }
  return references;
}

PduPtr TestRoom::Build(EventFields fields) const {
  const EventBuilder builder(version_, std::string(fields.sender.server_name()), TestKey());
  return Must(builder.Build(std::move(fields))).pdu();
}

PduPtr TestRoom::Make(std::string_view sender, std::string_view type,
                      std::optional<std::string> state_key, std::string_view content) const {
  return Build(Fields(sender, type, std::move(state_key), content));
}

PduPtr TestRoom::Add(std::string_view sender, std::string_view type,
                     std::optional<std::string> state_key, std::string_view content) {
  PduPtr event = Make(sender, type, std::move(state_key), content);
  Add(event);
  return event;
}

void TestRoom::Add(PduPtr event) {
  if (event->state_key) state_[{event->type, *event->state_key}] = event;
  events_[event->event_id] = event;
  last_ = std::move(event);
  ++now_;
}

PduPtr TestRoom::Member(std::string_view user, std::string_view membership,
                        std::string_view sender) {
  return Add(sender.empty() ? user : sender, kMember, std::string(user),
             json::Serialize(json::Object{{"membership", membership}}));
}

PduPtr TestRoom::State(std::string_view type, std::string_view state_key) const {
  const auto it = state_.find({std::string(type), std::string(state_key)});
  return it == state_.end() ? nullptr : it->second;
}

void TestRoom::Forget(std::string_view type, std::string_view state_key) {
  state_.erase({std::string(type), std::string(state_key)});
}

const Pdu* TestRoom::operator()(std::string_view type, std::string_view state_key) const {
  return State(type, state_key).get();
}

StateMap TestRoom::Snapshot() const {
  StateMap state;
  for (const auto& [tuple, event] : state_) state[tuple] = event->event_id;
  return state;
}

void TestRoom::GoBack(const StateMap& state, PduPtr last) {
  state_.clear();
  for (const auto& [tuple, id] : state) state_[tuple] = Find(id);
  last_ = std::move(last);
}

PduPtr TestRoom::Find(const EventId& id) const {
  const auto it = events_.find(id);
  return it == events_.end() ? nullptr : it->second;
}

std::vector<AuthEvent> TestRoom::AuthEventsOf(const Pdu& event) const {
  std::vector<AuthEvent> entries;
  for (const EventId& id : event.auth_events) entries.push_back({Find(id).get(), false});
  return entries;
}

}  // namespace parley::event::testing
