#include "services/federation/introductions.h"

#include <utility>

#include "common/base/strings.h"
#include "common/status/macros.h"

namespace parley::federation {
namespace {

// The m.presence event of a client, as an entry.
absl::StatusOr<json::Object> EntryOfEvent(std::string_view event_json) {
  PARLEY_TRY(const json::Object event, json::ParseObject(event_json));
  const json::Object* content = json::FindObject(event, "content");
  if (content == nullptr) return absl::InternalError("presence told an event without content");
  json::Object status = *content;
  status.Erase("avatar_url");
  status.Erase("displayname");
  return PresenceEntry(std::string(json::StringOr(event, "sender", "")), std::move(status));
}

void AddEdu(json::Array entries, const std::vector<std::string>& servers,
            SendEdusRequest& request) {
  Edu& edu = *request.add_edus();
  edu.set_json(PresenceEdu(std::move(entries)));
  for (const std::string& server : servers) edu.add_destinations(server);
}

}  // namespace

json::Object PresenceEntry(const std::string& user_id, json::Object status) {
  status.Set("user_id", user_id);
  if (!status.Has("last_active_ago")) status.Set("last_active_ago", 0);
  return status;
}

std::string PresenceEdu(json::Array entries) {
  return json::Serialize(json::Object{{"content", json::Object{{"push", std::move(entries)}}},
                                      {"edu_type", "m.presence"}});
}

Introductions::Introductions(events::EventsService& events, events::RoomFederationService& rooms,
                             presence::PresenceService& presence, std::string own_suffix)
    : events_(events), rooms_(rooms), presence_(presence), own_suffix_(std::move(own_suffix)) {}

absl::StatusOr<SendEdusRequest> Introductions::Look(const rpc::Call& call,
                                                    const std::string& room_id) {
  events::v1::ListRoomServersRequest asked;
  asked.add_room_ids(room_id);
  PARLEY_TRY(const auto found, rooms_.ListRoomServers(call, asked));
  looked_at_ = Servers(found.servers().begin(), found.servers().end());
  looked_at_.erase(own_suffix_.substr(1));
  Servers& known = known_[room_id];
  absl::erase_if(known, [this](const std::string& server) { return !looked_at_.contains(server); });
  std::vector<std::string> came;
  for (const std::string& server : looked_at_) {
    if (!known.contains(server)) came.push_back(server);
  }
  SendEdusRequest request;
  if (came.empty()) return request;
  PARLEY_TRY(const std::vector<std::string> users, OurUsersIn(call, room_id));
  PARLEY_TRY(json::Array entries, EntriesOf(call, users));
  json::Array some;
  for (json::Value& entry : entries) {
    some.push_back(std::move(entry));
    if (some.size() == kMaxEntries) AddEdu(std::exchange(some, {}), came, request);
  }
  if (!some.empty()) AddEdu(std::move(some), came, request);
  return request;
}

void Introductions::Done(const std::string& room_id) {
  if (known_.size() > kMaxRooms) known_.clear();
  known_[room_id] = std::exchange(looked_at_, {});
}

absl::StatusOr<std::vector<std::string>> Introductions::OurUsersIn(
    const rpc::Call& call, const std::string& room_id) const {
  events::v1::ListJoinedUsersRequest request;
  request.add_room_ids(room_id);
  PARLEY_TRY(const auto response, events_.ListJoinedUsers(call, request));
  std::vector<std::string> ours;
  for (const std::string& user : response.user_ids()) {
    if (user.ends_with(own_suffix_)) ours.push_back(user);
  }
  return ours;
}

absl::StatusOr<json::Array> Introductions::EntriesOf(const rpc::Call& call,
                                                     const std::vector<std::string>& users) const {
  json::Array entries;
  if (users.empty()) return entries;
  presence::ReadSinceRequest request;
  request.mutable_users()->Assign(users.begin(), users.end());
  PARLEY_TRY(const auto response, presence_.ReadSince(call, request));
  for (const std::string& event : response.events()) {
    PARLEY_TRY(json::Object entry, EntryOfEvent(event));
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace parley::federation
