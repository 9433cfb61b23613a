#include "services/presence/client_json.h"

#include "common/json/splice.h"

namespace parley::presence {
namespace {

State InWords(State state, Words words) {
  if (words == Words::kAll) return state;
  if (state == State::kFreeForChat) return State::kOnline;
  return state == State::kHidden ? State::kOffline : state;
}

bool IsThere(State state) {
  return state == State::kOnline || state == State::kFreeForChat || state == State::kBusy;
}

void WriteContent(const View& view, const Profile& profile, Words words, absl::Time now,
                  json::Writer& w) {
  w.BeginObject();
  if (profile.avatar_url) w.Key("avatar_url").String(*profile.avatar_url);
  if (IsThere(view.state)) w.Key("currently_active").Bool(view.currently_active);
  if (profile.displayname) w.Key("displayname").String(*profile.displayname);
  if (view.last_active != absl::InfinitePast())
    w.Key("last_active_ago").Int(absl::ToInt64Milliseconds(now - view.last_active));
  w.Key("presence").String(NameOf(InWords(view.state, words)));
  if (!view.status_msg.empty()) w.Key("status_msg").String(view.status_msg);
  w.EndObject();
}

}  // namespace

std::string StatusJson(const View& view, Words words, absl::Time now) {
  std::string out;
  json::Writer w(out);
  WriteContent(view, Profile(), words, now, w);
  return out;
}

std::string EventJson(const std::string& user_id, const View& view, const Profile& profile,
                      Words words, absl::Time now) {
  std::string out;
  json::Writer w(out);
  w.BeginObject().Key("content");
  WriteContent(view, profile, words, now, w);
  w.Key("sender").String(user_id).Key("type").String("m.presence").EndObject();
  return out;
}

}  // namespace parley::presence
