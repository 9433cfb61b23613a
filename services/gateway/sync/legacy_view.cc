#include "services/gateway/sync/legacy_view.h"

#include "common/json/splice.h"
#include "common/json/value.h"

namespace parley::gateway {
namespace {

using events::v1::RoomUpdate;

void CopyUp(const json::Object& unsigned_data, std::string_view key, json::Object& event) {
  if (const json::Value* value = unsigned_data.Find(key)) event.Set(key, *value);
}

void ToSeedShape(json::Object& event) {
  if (const std::string* sender = json::FindString(event, "sender")) {
    const std::string user_id = *sender;
    event.Set("user_id", user_id);
  }
  const json::Object* found = json::FindObject(event, "unsigned");
  if (found == nullptr) return;
  const json::Object unsigned_data = *found;
  CopyUp(unsigned_data, "age", event);
  CopyUp(unsigned_data, "prev_content", event);
}

bool IsEvent(const json::Object& object) {
  return json::FindString(object, "type") && json::FindString(object, "sender") &&
         json::FindObject(object, "content");
}

// What stands inside an event is the sender's affair.
void ToSeedShapes(json::Value& value) {
  if (json::Array* array = value.AsArray()) {
    for (json::Value& element : *array) ToSeedShapes(element);
  }
  json::Object* object = value.AsObject();
  if (object == nullptr) return;
  if (IsEvent(*object)) return ToSeedShape(*object);
  for (auto& [key, member] : *object) ToSeedShapes(member);
}

class View {
 public:
  View(EventShapeVersion shape, std::string& out) : shape_(shape), w_(out) {}

  json::Writer& w() { return w_; }

  template <class Events>
  void Append(const Events& events, std::string_view room_id) {
    for (const auto& event : events) w_.Raw(LegacyEvent(event, room_id, shape_));
  }

  // The members of one room's object, without its braces.
  void Room(const RoomUpdate& update, const Difference& difference) {
    w_.Key("room_id").String(update.room_id()).Key("membership").String(update.membership());
    if (update.stripped_state_size() > 0) return Invite(update);
    w_.Key("messages").BeginObject().Key("chunk").BeginArray();
    Append(update.timeline(), update.room_id());
    w_.EndArray().Key("start").String(update.prev_batch());
    w_.Key("end").String(difference.next.Encode()).EndObject();
    w_.Key("state").BeginArray();
    Append(update.state(), update.room_id());
    Append(update.timeline(), update.room_id());
    w_.EndArray().Key("receipts").BeginArray();
    Append(update.ephemeral(), update.room_id());
    w_.EndArray();
    AccountData(difference, update.room_id());
  }

  void AccountData(const Difference& difference, std::string_view room_id) {
    w_.Key("account_data").BeginArray();
    for (const auto& datum : difference.account_data) {
      if (datum.room_id() != room_id) continue;
      w_.BeginObject().Key("type").String(datum.type()).Key("content").Raw(datum.content());
      w_.EndObject();
    }
    w_.EndArray();
  }

  void Presence(const Difference& difference) {
    w_.Key("presence").BeginArray();
    Append(difference.presence, "");
    w_.EndArray();
  }

 private:
  // `invite` is the membership event that invites.
  void Invite(const RoomUpdate& update) {
    for (const std::string& event : update.stripped_state()) {
      const auto parsed = json::ParseObject(event);
      if (!parsed.ok()) continue;
      const json::Object* content = json::FindObject(*parsed, "content");
      const bool invites = content != nullptr &&
                           json::StringOr(*content, "membership", "") == update.membership();
      if (invites) w_.Key("invite").Raw(LegacyEvent(event, update.room_id(), shape_));
      if (invites) return;
    }
  }

  const EventShapeVersion shape_;
  json::Writer w_;
};

}  // namespace

EventShapeVersion ShapeUnder(std::string_view path) {
  return path.starts_with("/_matrix/client/api/v1/") ? EventShapeVersion::kSeed
                                                     : EventShapeVersion::kToday;
}

std::string InSeedShape(std::string_view answer_json) {
  auto answer = json::Parse(answer_json);
  if (!answer.ok()) return std::string(answer_json);  // ours always parse
  ToSeedShapes(*answer);
  return json::Serialize(*answer);
}

std::string LegacyEvent(std::string_view event_json, std::string_view room_id,
                        EventShapeVersion shape) {
  auto event = json::ParseObject(event_json);
  if (!event.ok()) return std::string(event_json);  // ours always parse
  if (!room_id.empty()) event->Set("room_id", room_id);
  if (shape == EventShapeVersion::kSeed) ToSeedShape(*event);
  return json::Serialize(*event);
}

std::string WriteEventStream(const Difference& difference, std::string_view start,
                             EventShapeVersion shape) {
  std::string out;
  View view(shape, out);
  view.w().BeginObject().Key("start").String(start).Key("end").String(difference.next.Encode());
  view.w().Key("chunk").BeginArray();
  for (const RoomUpdate& update : difference.rooms) {
    view.Append(update.timeline(), update.room_id());
    view.Append(update.stripped_state(), update.room_id());
    view.Append(update.ephemeral(), update.room_id());
  }
  view.Append(difference.presence, "");
  view.w().EndArray().EndObject();
  return out;
}

std::string WriteInitialSync(const Difference& difference, EventShapeVersion shape) {
  std::string out;
  View view(shape, out);
  view.w().BeginObject().Key("end").String(difference.next.Encode()).Key("rooms").BeginArray();
  for (const RoomUpdate& update : difference.rooms) {
    view.w().BeginObject();
    view.Room(update, difference);
    view.w().EndObject();
  }
  view.w().EndArray();
  view.Presence(difference);
  view.AccountData(difference, "");
  view.w().EndObject();
  return out;
}

std::string WriteRoomInitialSync(const Difference& difference, EventShapeVersion shape) {
  std::string out;
  if (difference.rooms.empty()) return out;
  View view(shape, out);
  view.w().BeginObject();
  view.Room(difference.rooms[0], difference);
  view.Presence(difference);
  view.w().EndObject();
  return out;
}

}  // namespace parley::gateway
