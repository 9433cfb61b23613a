#include "services/gateway/sync/sync_view.h"

#include <map>

#include <absl/container/flat_hash_map.h>

#include "common/json/splice.h"

namespace parley::gateway {
namespace {

using events::v1::RoomUpdate;
using AccountData = std::vector<const accounts::v1::AccountDatum*>;

// The rooms of one section, with the account data that goes with them.
struct Room {
  const RoomUpdate* update = nullptr;
  const AccountData* account_data = nullptr;
};
using Section = std::vector<std::pair<std::string_view, Room>>;

struct Sections {
  Section join, invite, knock, leave;
};

Section& SectionFor(Sections& sections, std::string_view membership) {
  if (membership == "invite") return sections.invite;
  if (membership == "knock") return sections.knock;
  if (membership == "leave" || membership == "ban") return sections.leave;
  return sections.join;
}

using DataByRoom = std::map<std::string_view, AccountData>;

DataByRoom GroupByRoom(const Difference& difference) {
  DataByRoom grouped;
  for (const auto& datum : difference.account_data) grouped[datum.room_id()].push_back(&datum);
  return grouped;
}

Sections Sort(const Difference& difference, const DataByRoom& data) {
  Sections sections;
  DataByRoom rest = data;
  for (const RoomUpdate& update : difference.rooms) {
    const auto found = data.find(update.room_id());
    SectionFor(sections, update.membership())
        .emplace_back(update.room_id(),
                      Room{&update, found == data.end() ? nullptr : &found->second});
    rest.erase(update.room_id());
  }
  for (const auto& [room_id, unused] : rest) {
    if (!room_id.empty()) sections.join.emplace_back(room_id, Room{nullptr, &data.at(room_id)});
  }
  return sections;
}

class View {
 public:
  View(const Difference& difference, const EventShape& shape, std::string_view state_after, std::string& out)
      : difference_(difference), shape_(shape), state_after_(state_after), w_(out) {}

  void Write() {
    const DataByRoom data = GroupByRoom(difference_);
    w_.BeginObject().Key("next_batch").String(difference_.next.Encode());
    if (const auto global = data.find(""); global != data.end()) WriteAccountData(global->second);
    WriteEventsObject("presence", difference_.presence);
    WriteRooms(Sort(difference_, data));
    WriteEventsObject("to_device", difference_.to_device);
    WriteDeviceLists();
    WriteKeyCounts();
    w_.EndObject();
  }

 private:
  void WriteEvent(std::string_view json) {
    if (shape_) {
      w_.Raw(shape_(json));
    } else {
      w_.Raw(json);
    }
  }

  template <class Events>
  void WriteEvents(std::string_view key, const Events& events) {
    w_.Key(key).BeginArray();
    for (const auto& event : events) WriteEvent(event);
    w_.EndArray();
  }

  template <class Events>
  void WriteEventsObject(std::string_view key, const Events& events) {
    if (events.empty()) return;
    w_.Key(key).BeginObject();
    WriteEvents("events", events);
    w_.EndObject();
  }

  void WriteAccountData(const AccountData& data) {
    w_.Key("account_data").BeginObject().Key("events").BeginArray();
    for (const auto* datum : data) {
      w_.BeginObject().Key("type").String(datum->type()).Key("content").Raw(datum->content());
      w_.EndObject();
    }
    w_.EndArray().EndObject();
  }

  void WriteRooms(const Sections& sections) {
    if (sections.join.empty() && sections.invite.empty() && sections.knock.empty() &&
        sections.leave.empty()) {
      return;
    }
    w_.Key("rooms").BeginObject();
    WriteSection("join", sections.join, [this](const Room& room) { WriteJoined(room); });
    WriteSection("invite", sections.invite,
                 [this](const Room& room) { WriteStripped("invite_state", *room.update); });
    WriteSection("knock", sections.knock,
                 [this](const Room& room) { WriteStripped("knock_state", *room.update); });
    WriteSection("leave", sections.leave, [this](const Room& room) { WriteLeft(room); });
    w_.EndObject();
  }

  template <class WriteRoom>
  void WriteSection(std::string_view key, const Section& section, const WriteRoom& write_room) {
    if (section.empty()) return;
    w_.Key(key).BeginObject();
    for (const auto& [room_id, room] : section) {
      w_.Key(room_id).BeginObject();
      write_room(room);
      w_.EndObject();
    }
    w_.EndObject();
  }

  void WriteTimelineAndState(const RoomUpdate& update) {
    w_.Key("timeline").BeginObject();
    WriteEvents("events", update.timeline());
    w_.Key("limited").Bool(update.limited());
    if (!update.prev_batch().empty()) w_.Key("prev_batch").String(update.prev_batch());
    w_.EndObject();
    w_.Key(update.state_is_after() ? state_after_ : "state").BeginObject();
    WriteEvents("events", update.state());
    w_.EndObject();
  }

  void WriteJoined(const Room& room) {
    if (room.account_data != nullptr) WriteAccountData(*room.account_data);
    if (room.update == nullptr) return;
    WriteTimelineAndState(*room.update);
    w_.Key("ephemeral").BeginObject();
    WriteEvents("events", room.update->ephemeral());
    w_.EndObject();
    WriteSummary(*room.update);
    WriteUnread(*room.update);
  }

  void WriteSummary(const RoomUpdate& update) {
    w_.Key("summary").BeginObject();
    if (update.has_summary()) {
      w_.Key("m.joined_member_count").Int(update.joined_member_count());
      w_.Key("m.invited_member_count").Int(update.invited_member_count());
    }
    if (update.heroes_size() > 0) {
      w_.Key("m.heroes").BeginArray();
      for (const auto& hero : update.heroes()) w_.String(hero);
      w_.EndArray();
    }
    w_.EndObject();
  }

  void WriteCounts(const events::v1::Unread& unread) {
    w_.BeginObject().Key("highlight_count").Int(unread.highlight_count());
    w_.Key("notification_count").Int(unread.notification_count()).EndObject();
  }

  void WriteUnread(const RoomUpdate& update) {
    if (update.has_unread()) {
      w_.Key("unread_notifications");
      WriteCounts(update.unread());
    }
    if (update.thread_unread_size() == 0) return;
    w_.Key("unread_thread_notifications").BeginObject();
    for (const auto& [root, unread] : update.thread_unread()) {
      w_.Key(root);
      WriteCounts(unread);
    }
    w_.EndObject();
  }

  void WriteStripped(std::string_view key, const RoomUpdate& update) {
    w_.Key(key).BeginObject();
    WriteEvents("events", update.stripped_state());
    w_.EndObject();
  }

  void WriteLeft(const Room& room) {
    if (room.account_data != nullptr) WriteAccountData(*room.account_data);
    WriteTimelineAndState(*room.update);
  }

  void WriteDeviceLists() {
    if (difference_.device_lists_changed.empty() && difference_.device_lists_left.empty()) return;
    w_.Key("device_lists").BeginObject();
    WriteUsers("changed", difference_.device_lists_changed);
    WriteUsers("left", difference_.device_lists_left);
    w_.EndObject();
  }

  void WriteUsers(std::string_view key, const std::vector<std::string>& users) {
    w_.Key(key).BeginArray();
    for (const std::string& user : users) w_.String(user);
    w_.EndArray();
  }

  void WriteKeyCounts() {
    w_.Key("device_one_time_keys_count").BeginObject();
    for (const auto& [algorithm, count] : difference_.one_time_keys) w_.Key(algorithm).Int(count);
    w_.EndObject();
    WriteUsers("device_unused_fallback_key_types", difference_.unused_fallback_types);
    WriteUsers("org.matrix.msc2732.device_unused_fallback_key_types",
               difference_.unused_fallback_types);
  }

  const Difference& difference_;
  const EventShape& shape_;
  const std::string_view state_after_;
  json::Writer w_;
};

}  // namespace

std::string WriteSyncResponse(const Difference& difference, const EventShape& shape, std::string_view state_after) {
  std::string out;
  out.reserve(4096);
  View(difference, shape, state_after, out).Write();
  return out;
}

}  // namespace parley::gateway
