#include "common/push_rules/default_rules.h"

#include <map>

#include "common/base/strings.h"

namespace parley::push_rules {
namespace {

using json::Array;
using json::Object;

Object EventMatch(std::string_view key, std::string_view pattern) {
  return {{"kind", "event_match"}, {"key", key}, {"pattern", pattern}};
}

Object PropertyIs(std::string_view key, json::Value value) {
  return {{"kind", "event_property_is"}, {"key", key}, {"value", std::move(value)}};
}

Object PropertyContains(std::string_view key, json::Value value) {
  return {{"kind", "event_property_contains"}, {"key", key}, {"value", std::move(value)}};
}

Object TwoMembers() {
  return {{"kind", "room_member_count"}, {"is", "2"}};
}

Object MayNotifyRoom() {
  return {{"kind", "sender_notification_permission"}, {"key", "room"}};
}

Object Sound(std::string_view sound) {
  return {{"set_tweak", "sound"}, {"value", sound}};
}

Object Highlight() {
  return {{"set_tweak", "highlight"}};
}

Rule Default(std::string_view name, Array conditions, Array actions) {
  Rule rule;
  rule.id = StrCat(".m.rule.", name);
  rule.is_default = true;
  rule.conditions = std::move(conditions);
  rule.actions = std::move(actions);
  return rule;
}

Rule Master() {
  Rule rule = Default("master", {}, {});
  rule.enabled = false;
  return rule;
}

std::vector<Rule> Overrides() {
  return {
      Master(),
      Default("suppress_notices", {EventMatch("content.msgtype", "m.notice")}, {}),
      Default("invite_for_me",
              {EventMatch("type", "m.room.member"), EventMatch("content.membership", "invite"),
               EventMatch("state_key", kOwnUserId)},
              {"notify", Sound("default")}),
      Default("member_event", {EventMatch("type", "m.room.member")}, {}),
      Default("is_user_mention", {PropertyContains(R"(content.m\.mentions.user_ids)", kOwnUserId)},
              {"notify", Sound("default"), Highlight()}),
      Default("is_room_mention", {PropertyIs(R"(content.m\.mentions.room)", true), MayNotifyRoom()},
              {"notify", Highlight()}),
      Default("tombstone", {EventMatch("type", "m.room.tombstone"), EventMatch("state_key", "")},
              {"notify", Highlight()}),
      Default("reaction", {EventMatch("type", "m.reaction")}, {}),
      Default("room.server_acl",
              {EventMatch("type", "m.room.server_acl"), EventMatch("state_key", "")}, {}),
      Default("suppress_edits", {PropertyIs(R"(content.m\.relates_to.rel_type)", "m.replace")}, {}),
  };
}

std::vector<Rule> Underrides() {
  return {
      Default("call", {EventMatch("type", "m.call.invite")}, {"notify", Sound("ring")}),
      Default("encrypted_room_one_to_one", {TwoMembers(), EventMatch("type", "m.room.encrypted")},
              {"notify", Sound("default")}),
      Default("room_one_to_one", {TwoMembers(), EventMatch("type", "m.room.message")},
              {"notify", Sound("default")}),
      Default("message", {EventMatch("type", "m.room.message")}, {"notify"}),
      Default("encrypted", {EventMatch("type", "m.room.encrypted")}, {"notify"}),
  };
}

}  // namespace

const std::vector<Rule>& DefaultRules(Kind kind) {
  static const auto* const kRules =
      new std::map<Kind, std::vector<Rule>>{{Kind::kOverride, Overrides()},
                                            {Kind::kContent, {}},
                                            {Kind::kRoom, {}},
                                            {Kind::kSender, {}},
                                            {Kind::kUnderride, Underrides()}};
  return kRules->at(kind);
}

}  // namespace parley::push_rules
