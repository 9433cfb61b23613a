#include "services/calls/client_json.h"

#include "common/json/value.h"

namespace parley::calls {
namespace {

void SetText(json::Object& object, std::string_view key, const std::string& text) {
  if (!text.empty()) object.Set(key, text);
}

void SetTime(json::Object& object, std::string_view key, int64_t time) {
  if (time != 0) object.Set(key, time);
}

json::Object ToJson(const Call& call) {
  json::Object object{
      {"call_id", call.call_id}, {"state", NameOf(call.state)}, {"caller", call.caller}};
  SetText(object, "caller_party_id", call.caller_party);
  SetText(object, "invitee", call.invitee);
  SetText(object, "invite_event_id", call.invite_event_id);
  SetText(object, "callee", call.callee);
  SetText(object, "callee_party_id", call.callee_party);
  if (call.state == CallState::kRinging) SetTime(object, "expires_ts", call.expires_at);
  SetTime(object, "answered_ts", call.answered_at);
  SetTime(object, "ended_ts", call.ended_at);
  SetText(object, "end_reason", std::string(NameOf(call.end_reason)));
  SetText(object, "superseded_by", call.superseded_by);
  if (!call.supersedes.empty())
    object.Set("supersedes", json::Array(call.supersedes.begin(), call.supersedes.end()));
  return object;
}

json::Object Content(const std::vector<Call>& calls) {
  json::Array list;
  for (const Call& call : calls) list.emplace_back(ToJson(call));
  return {{"calls", std::move(list)}};
}

}  // namespace

std::string RoomCallsJson(const std::vector<Call>& calls) {
  return json::Serialize(Content(calls));
}

std::string RoomCallsEvent(const std::vector<Call>& calls) {
  return json::Serialize(json::Object{{"type", kEventType}, {"content", Content(calls)}});
}

}  // namespace parley::calls
