#include "services/events/graph/peers.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/http/uri.h"
#include "common/status/macros.h"
#include "parley/federation/v1/federation.parley.h"
#include "services/events/federation/key_cache.h"

namespace parley::events {
namespace {

constexpr size_t kMaxCandidates = 5;
constexpr size_t kMaxEvents = 100'000;
constexpr uint64_t kMaxStateBytes = 256 << 20;

const json::Array& ArrayOf(const json::Object& object, std::string_view key) {
  static const json::Array kNone;
  const json::Array* array = json::FindArray(object, key);
  return array == nullptr || array->size() > kMaxEvents ? kNone : *array;
}

json::Array Names(const std::vector<EventId>& ids) {
  json::Array names;
  for (const EventId& id : ids) names.push_back(id.str());
  return names;
}

std::vector<EventId> Ids(const json::Array& names) {
  std::vector<EventId> ids;
  for (const json::Value& name : names) {
    if (name.AsString() == nullptr) continue;
    absl::StatusOr<EventId> id = EventId::Parse(*name.AsString());
    if (id.ok()) ids.push_back(*std::move(id));
  }
  return ids;
}

}  // namespace

std::vector<std::string> Peers::Candidates(std::string_view first) const {
  std::vector<std::string> servers;
  if (!first.empty() && first != context_.config.server_name) servers.emplace_back(first);
  const absl::StatusOr<RoomPtr> room = context_.rooms.Get(room_id_);
  if (!room.ok()) return servers;
  for (std::string& server : (*room)->state.Servers()) {
    if (servers.size() == kMaxCandidates) break;
    if (server != first && server != context_.config.server_name)
      servers.push_back(std::move(server));
  }
  return servers;
}

std::string Peers::RoomPath(std::string_view endpoint) const {
  return StrCat("/_matrix/federation/v1/", endpoint, "/", http::PercentEncode(room_id_));
}

absl::StatusOr<json::Object> Peers::Ask(std::string_view server, std::string_view method,
                                        std::string path, std::string body) const {
  if (context_.federation == nullptr) return absl::UnavailableError("this server knows no other");
  federation::RequestRequest request;
  request.set_destination(std::string(server));
  request.set_method(std::string(method));
  request.set_path(std::move(path));
  request.set_body(std::move(body));
  request.set_max_answer_bytes(kMaxStateBytes);
  PARLEY_TRY(const federation::RequestResponse answer,
             context_.federation->Request(call_, request));
  if (answer.status() != 200)
    return absl::UnavailableError(StrCat(server, " answered ", answer.status()));
  return json::ParseObject(answer.body());
}

Peers::Events Peers::Verify(const json::Array& pdus) const {
  std::vector<event::UnverifiedPdu> received;
  for (const json::Value& value : pdus) {
    if (value.AsObject() == nullptr) continue;
    absl::StatusOr<event::UnverifiedPdu> pdu = event::ParsePdu(*value.AsObject(), version_);
    if (pdu.ok() && pdu->peek().room_id.str() == room_id_) received.push_back(*std::move(pdu));
  }
  Events verified;
  for (std::optional<event::VerifiedPdu>& event :
       VerifyAll(call_, context_.keys, std::move(received))) {
    if (event) verified.push_back(*std::move(event));
  }
  return verified;
}

absl::StatusOr<Peers::Events> Peers::GetMissingEvents(std::string_view server,
                                                      const std::vector<EventId>& earliest,
                                                      const std::vector<EventId>& latest,
                                                      size_t limit) const {
  const json::Object body{
      {"earliest_events", Names(earliest)}, {"latest_events", Names(latest)}, {"limit", limit}};
  PARLEY_TRY(const json::Object answer,
             Ask(server, "POST", RoomPath("get_missing_events"), json::Serialize(body)));
  return Verify(ArrayOf(answer, "events"));
}

absl::StatusOr<Peers::Events> Peers::Backfill(std::string_view server, const EventId& from,
                                              size_t limit) const {
  PARLEY_TRY(
      const json::Object answer,
      Ask(server, "GET",
          StrCat(RoomPath("backfill"), "?v=", http::PercentEncode(from.str()), "&limit=", limit)));
  return Verify(ArrayOf(answer, "pdus"));
}

absl::StatusOr<Peers::Events> Peers::GetEvent(std::string_view server, const EventId& id) const {
  PARLEY_TRY(
      const json::Object answer,
      Ask(server, "GET", StrCat("/_matrix/federation/v1/event/", http::PercentEncode(id.str()))));
  Events events = Verify(ArrayOf(answer, "pdus"));
  std::erase_if(events, [&](const event::VerifiedPdu& event) { return event->event_id != id; });
  return events;
}

absl::StatusOr<Peers::StateIds> Peers::GetStateIds(std::string_view server,
                                                   const EventId& at) const {
  PARLEY_TRY(const json::Object answer,
             Ask(server, "GET",
                 StrCat(RoomPath("state_ids"), "?event_id=", http::PercentEncode(at.str()))));
  return StateIds{Ids(ArrayOf(answer, "pdu_ids")), Ids(ArrayOf(answer, "auth_chain_ids"))};
}

absl::StatusOr<Peers::Events> Peers::GetState(std::string_view server, const EventId& at) const {
  PARLEY_TRY(
      const json::Object answer,
      Ask(server, "GET", StrCat(RoomPath("state"), "?event_id=", http::PercentEncode(at.str()))));
  Events events = Verify(ArrayOf(answer, "pdus"));
  for (event::VerifiedPdu& event : Verify(ArrayOf(answer, "auth_chain")))
    events.push_back(std::move(event));
  return events;
}

}  // namespace parley::events
