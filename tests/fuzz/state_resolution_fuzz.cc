#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/event/auth_rules.h"
#include "common/event/event_types.h"
#include "common/event/state_res.h"
#include "tests/fuzz/require.h"

// State resolution on random graphs. The first byte chooses the room version; every five further
// bytes are an event, the last ones choose the states to be resolved.
namespace parley::event {
namespace {

constexpr std::array<std::string_view, 4> kUsers = {"@a:a.test", "@b:b.test", "@c:c.test",
                                                    "@d:d.test"};
constexpr std::array<std::string_view, 5> kMemberships = {"join", "leave", "invite", "ban",
                                                          "knock"};
constexpr std::array<std::string_view, 4> kRules = {"public", "invite", "knock", "restricted"};
constexpr size_t kMaxEvents = 60;

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), left_(size) {}

  size_t left() const { return left_; }
  size_t Pick(size_t below) {
    if (left_ == 0) return 0;
    --left_;
    return *data_++ % below;
  }
  template <class List>
  auto From(const List& list) {
    return list[Pick(list.size())];
  }

 private:
  const uint8_t* data_;
  size_t left_;
};

// Events without bytes; each stands on the state after an earlier one.
class RandomRoom final : public EventSource {
 public:
  explicit RandomRoom(const RoomVersion& version) : version_(version) {
    auto create = Begin(kUsers[0], kCreate, "");
    create->content = {{"creator", kUsers[0]}, {"room_version", version.id}};
    Add(std::move(create), {});
    auto join = Begin(kUsers[0], kMember, std::string(kUsers[0]));
    join->content = {{"membership", "join"}};
    Add(std::move(join), states_[0]);
  }

  PduPtr Find(const EventId& id) override {
    const auto found = events_.find(id);
    return found == events_.end() ? nullptr : found->second;
  }
  bool IsRejected(const EventId& id) override { return rejected_.contains(id); }

  void AddRandom(Bytes& bytes) {
    const StateMap before = bytes.From(states_);
    auto event = Begin(bytes.From(kUsers), "m.room.topic", "");
    Fill(bytes, *event);
    event->origin_server_ts = static_cast<int64_t>(bytes.Pick(8));
    const size_t more = bytes.Pick(64);
    // Now and then one that names an auth event that it should not.
    if (more < ids_.size() && more % 3 == 0) event->auth_events.push_back(ids_[more]);
    if (more == 63) rejected_.emplace(event->event_id, true);
    Add(std::move(event), before);
  }

  const StateMap& StateAfter(size_t i) const { return states_[i % states_.size()]; }
  const RoomVersion& version() const { return version_; }
  size_t size() const { return states_.size(); }

 private:
  std::shared_ptr<Pdu> Begin(std::string_view sender, std::string_view type, std::string key) {
    auto event = std::make_shared<Pdu>();
    event->version = &version_;
    event->event_id = EventId::Trusted("$" + std::to_string(ids_.size()));
    event->room_id = RoomId::Trusted("!0");
    event->sender = UserId::Trusted(std::string(sender));
    event->type = type;
    event->state_key = std::move(key);
    event->depth = static_cast<int64_t>(ids_.size());
    return event;
  }

  static void Fill(Bytes& bytes, Pdu& event) {
    switch (bytes.Pick(8)) {
      case 0:
      case 1:
      case 2:
        event.type = kMember;
        event.state_key = std::string(bytes.From(kUsers));
        event.content = {{"membership", bytes.From(kMemberships)}};
        break;
      case 3:
      case 4: {
        event.type = kPowerLevels;
        const auto level = [&] { return static_cast<int64_t>(bytes.Pick(5)) * 25; };
        json::Object users{{std::string(bytes.From(kUsers)), level()}};
        event.content = {{"users", std::move(users)}, {"ban", 50}, {"state_default", 50}};
        break;
      }
      case 5:
        event.type = kJoinRules;
        event.content = {{"join_rule", bytes.From(kRules)}};
        break;
      default:
        break;
    }
  }

  void Add(std::shared_ptr<Pdu> event, StateMap state) {
    if (event->type != kCreate) {
      for (const StateTuple& tuple : AuthTypesFor(*event)) {
        if (const auto found = state.find(tuple); found != state.end()) {
          event->auth_events.push_back(found->second);
        }
      }
    }
    ids_.push_back(event->event_id);
    state[{event->type, *event->state_key}] = event->event_id;
    events_[event->event_id] = std::move(event);
    states_.push_back(std::move(state));
  }

  const RoomVersion& version_;
  std::vector<EventId> ids_;
  std::map<EventId, PduPtr> events_;
  std::map<EventId, bool> rejected_;
  std::vector<StateMap> states_;  // after each event
};

StateMap Resolve(RandomRoom& room, const std::vector<const StateMap*>& states) {
  AuthGraph graph(room);
  return ResolveState(room.version(), states, graph);
}

void Check(RandomRoom& room, std::vector<const StateMap*> states) {
  const StateMap resolved = Resolve(room, states);
  for (const auto& [tuple, id] : resolved) {
    const PduPtr event = room.Find(id);
    PARLEY_REQUIRE(event != nullptr && event->IsState(tuple.type, tuple.state_key));
  }
  PARLEY_REQUIRE(Resolve(room, {&resolved}) == resolved);
  PARLEY_REQUIRE(Resolve(room, {&resolved, &resolved}) == resolved);
  std::reverse(states.begin(), states.end());
  PARLEY_REQUIRE(Resolve(room, states) == resolved);
  states.push_back(states.front());
  PARLEY_REQUIRE(Resolve(room, states) == resolved);
}

void Play(const RoomVersion& version, Bytes bytes) {
  RandomRoom room(version);
  while (bytes.left() > 5 && room.size() < kMaxEvents) room.AddRandom(bytes);
  std::vector<const StateMap*> states = {&room.StateAfter(room.size() - 1)};
  for (int i = 0; i < 3; ++i) states.push_back(&room.StateAfter(bytes.Pick(kMaxEvents)));
  Check(room, std::move(states));
}

}  // namespace
}  // namespace parley::event

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto versions = parley::event::AllRoomVersions();
  parley::event::Play(versions[data[0] % versions.size()], {data + 1, size - 1});
  return 0;
}
