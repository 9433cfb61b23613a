#include "services/presence/client_json.h"

#include "common/json/value.h"

namespace parley::presence {
namespace {

// Unstable: the state itself, where `presence` tells one that clients without the seed's five know.
constexpr std::string_view kExactState = "dev.parley.presence";

// The three states that every client knows.
State Plain(State state) {
  if (state == State::kFreeForChat) return State::kOnline;
  return state == State::kHidden ? State::kOffline : state;
}

json::Object Content(const View& view, State told, absl::Time now) {
  json::Object content{{"presence", NameOf(told)}};
  if (view.last_active != absl::InfinitePast()) {
    content.Set("last_active_ago", absl::ToInt64Milliseconds(now - view.last_active));
  }
  if (!view.status_msg.empty()) content.Set("status_msg", view.status_msg);
  if (view.state == State::kOnline || view.state == State::kFreeForChat) {
    content.Set("currently_active", view.currently_active);
  }
  return content;
}

}  // namespace

std::string StatusJson(const View& view, absl::Time now) {
  return json::Serialize(Content(view, view.state, now));
}

std::string EventJson(const std::string& user_id, const View& view, const Profile& profile, absl::Time now) {
  json::Object content = Content(view, Plain(view.state), now);
  if (Plain(view.state) != view.state) content.Set(kExactState, NameOf(view.state));
  if (profile.displayname) content.Set("displayname", *profile.displayname);
  if (profile.avatar_url) content.Set("avatar_url", *profile.avatar_url);
  return json::Serialize(json::Object{{"type", "m.presence"}, {"sender", user_id}, {"content", std::move(content)}});
}

}  // namespace parley::presence
