#include "common/event/testing/auth_cases.h"
#include "common/event/event_types.h"

// Rules about all but m.room.member.
namespace parley::event::testing {

std::string LevelsOf(const TestRoom& room, std::string_view more) {
  const std::string_view alice =
      room.version().privileged_creators ? "" : R"("@alice:a.test":100,)";
  return R"({"invite":50,"events":{"high":60},"notifications":{"room":60},"ban":50,"kick":50,"redact":50,)" +
         std::string(more) + R"("users":{)" + std::string(alice) +
         R"("@bob:b.test":50,"@grace:b.test":50}})";
}

TestRoom MakeRuleRoom(const RoomVersion& version) {
  TestRoom room(version, std::string(kAlice));
  room.Add(kAlice, kJoinRules, "", R"({"join_rule":"public"})");
  room.Add(kAlice, kPowerLevels, "", LevelsOf(room, ""));
  for (const std::string_view user : {kBob, kCarol, kGrace, kEve}) room.Member(user, "join");
  room.Member(kEve, "ban", kAlice);
  room.Member(kFrank, "invite", kAlice);
  return room;
}

std::vector<Case> CreateCases() {
  const auto clean = [](TestRoom&, EventFields& fields) {
    fields.prev_events.clear();
    if (fields.room_id.server_name().empty()) fields.room_id = {};
    fields.content.Set("creator", "@alice:a.test");
  };
  const auto cleanly = [clean](std::function<void(EventFields&)> change) {
    return [clean, change](TestRoom& room, EventFields& fields) {
      clean(room, fields);
      change(fields);
    };
  };
  const auto none = [](TestRoom&) {};
  const std::string create(kCreate);
  return {
      {"create.5", true, 1, 10, kAlice, kCreate, "", "{}", none, clean},
      {"create.4", true, 11, 11, kAlice, kCreate, "", "{}", none, clean},
      {"create.5", true, 12, 12, kAlice, kCreate, "", R"({"additional_creators":["@bob:b.test"]})",
       none, clean},
      {"create.1", false, 1, 12, kAlice, kCreate, "", "{}"},
      {"create.2", false, 1, 11, kBob, kCreate, "", "{}", none, clean},
      {"create.2", false, 12, 12, kAlice, kCreate, "", "{}", none,
       cleanly([](EventFields& fields) { fields.room_id = RoomId::Trusted("!x:a.test"); })},
      {"create.3", false, 1, 12, kAlice, kCreate, "", R"({"room_version":"99999"})", none, clean},
      {"create.3", false, 1, 12, kAlice, kCreate, "", R"({"room_version":1})", none, clean},
      {"create.4", false, 1, 10, kAlice, kCreate, "", "{}", none,
       cleanly([](EventFields& fields) { fields.content.Erase("creator"); })},
      {"create.4", true, 11, 11, kAlice, kCreate, "", "{}", none,
       cleanly([](EventFields& fields) { fields.content.Erase("creator"); })},
      {"create.4", false, 12, 12, kAlice, kCreate, "", R"({"additional_creators":["nobody"]})",
       none, clean},
      {"create.4", false, 12, 12, kAlice, kCreate, "", R"({"additional_creators":"@bob:b.test"})",
       none, clean},
      {"room", false, 12, 12, kAlice, "m.room.message", std::nullopt, "{}",
       [](TestRoom& room) { room.Forget(kCreate); }},
      {"list.4", false, 1, 11, kAlice, "m.room.message", std::nullopt, "{}",
       [](TestRoom& room) { room.Forget(kCreate); }},
  };
}

std::vector<Case> LevelCases() {
  const auto levels = [](std::string_view sender, std::string_view rule, bool allowed, int from,
                         int to, std::string content) {
    return Case{rule, allowed, from, to, sender, kPowerLevels, "", std::move(content)};
  };
  // What MakeRoom set, for versions with Alice in `users` and without.
  const std::string same =
      R"("invite":50,"events":{"high":60},"notifications":{"room":60},"ban":50,"kick":50,"redact":50)";
  const std::string users = R"("users":{"@alice:a.test":100,"@bob:b.test":50,"@grace:b.test":50})";
  const std::string users12 = R"("users":{"@bob:b.test":50,"@grace:b.test":50})";
  std::vector<Case> cases = {
      levels(kBob, "levels.named_syntax", false, 10, 12, R"({"ban":"50"})"),
      levels(kBob, "levels.entries_syntax", false, 10, 12, R"({"events":{"a":"1"}})"),
      levels(kBob, "levels.entries_syntax", false, 10, 12, R"({"notifications":[]})"),
      levels(kBob, "levels.users", false, 1, 12, R"({"users":[]})"),
      levels(kBob, "levels.users", false, 1, 12, R"({"users":{"bob":1}})"),
      levels(kBob, "levels.users", false, 1, 12, R"({"users":{"@bob:b.test":"x"}})"),
      levels(kBob, "levels.users", false, 10, 12, R"({"users":{"@bob:b.test":"1"}})"),
      levels(kAlice, "levels.creators", false, 12, 12, R"({"users":{"@alice:a.test":1}})"),
  };
  const auto add_both = [&](std::string_view sender, std::string_view rule, bool allowed,
                            std::string more, std::string more_users = "", int from = 1) {
    const auto with = [&more_users](std::string text) {
      return text.insert(text.size() - 1, more_users);
    };
    cases.push_back(levels(sender, rule, allowed, from, 11, "{" + more + "," + with(users) + "}"));
    cases.push_back(levels(sender, rule, allowed, 12, 12, "{" + more + "," + with(users12) + "}"));
  };
  add_both(kBob, "levels.fine", true, same);
  add_both(kBob, "levels.fine", true, same + R"(,"state_default":40)");
  add_both(kBob, "levels.fine", true, same, R"(,"@carol:c.test":50)");
  add_both(kAlice, "levels.named.2", false, same + R"(,"state_default":200)");
  cases.back().rule = "levels.fine";  // no level is above a creator's in version 12
  cases.back().allowed = true;
  add_both(kBob, "levels.named.2", false, same + R"(,"state_default":51)");
  add_both(kBob, "levels.before.1", false,
           R"("invite":50,"events":{},"notifications":{"room":60},"ban":50,"kick":50,"redact":50)");
  add_both(
      kBob, "levels.before.1", false,
      R"("invite":50,"events":{"high":60},"notifications":{"room":1},"ban":50,"kick":50,"redact":50)",
      "", 6);
  add_both(
      kBob, "levels.after.1", false,
      R"("invite":50,"events":{"high":60,"new":51},"notifications":{"room":60},"ban":50,"kick":50,"redact":50)");
  add_both(
      kBob, "levels.after.1", false,
      R"("invite":50,"events":{"high":60},"notifications":{"room":60,"x":51},"ban":50,"kick":50,"redact":50)",
      "", 6);
  add_both(kBob, "levels.users_after.1", false, same, R"(,"@carol:c.test":51)");
  cases.push_back(levels(
      kBob, "levels.fine", true, 1, 5,
      R"({"invite":50,"events":{"high":60},"notifications":{"room":1},"ban":50,"kick":50,"redact":50,)" +
          users + "}"));
  cases.push_back(levels(
      kBob, "levels.users_before.1", false, 1, 11,
      "{" + same + R"(,"users":{"@alice:a.test":100,"@bob:b.test":50,"@grace:b.test":40}})"));
  cases.push_back(levels(kBob, "levels.users_before.1", false, 12, 12,
                         "{" + same + R"(,"users":{"@bob:b.test":50,"@grace:b.test":40}})"));
  cases.push_back(levels(
      kBob, "levels.fine", true, 1, 11,
      "{" + same + R"(,"users":{"@alice:a.test":100,"@bob:b.test":10,"@grace:b.test":50}})"));
  cases.push_back({"levels.first", true, 1, 12, kAlice, kPowerLevels, "", "{}",
                   [](TestRoom& room) { room.Forget(kPowerLevels); }});
  cases.push_back(
      {"levels.named.1", false, 1, 12, kBob, kPowerLevels, "", "{" + same + "," + users12 + "}",
       [](TestRoom& room) {
         room.Add(kAlice, kPowerLevels, "",
                  LevelsOf(room, R"("users_default":0,"events_default":51,"state_default":50,)"));
         // Bob may still send it.
         room.Add(kAlice, kPowerLevels, "", LevelsOf(room, R"("events_default":51,)"));
       }});
  cases.push_back(levels(
      kBob, "levels.fine", true, 1, 9,
      R"({"invite":" +50 ","events":{"high":"060"},"notifications":{"room":60},"ban":50,"kick":50,"redact":50,)" +
          users + "}"));
  cases.push_back(levels(
      kBob, "levels.fine", true, 1, 5,
      R"({"invite":50.9,"events":{"high":60},"notifications":{"room":60},"ban":50,"kick":50,"redact":50,)" +
          users + "}"));
  return cases;
}

std::vector<Case> OtherCases() {
  const auto closed = [](TestRoom& room) {
    // A room that stays at home; its first events are as in every other.
    TestRoom home(room.version(), std::string(kAlice), R"({"m.federate":false})");
    home.Add(kAlice, kJoinRules, "", R"({"join_rule":"public"})");
    room.Add(home.create());
  };
  const auto redacts = [](std::string_view server) {
    return [server](TestRoom&, EventFields& fields) {
      fields.redacts = EventId::Trusted("$x:" + std::string(server));
    };
  };
  return {
      {"federate", false, 1, 12, kBob, "m.room.message", std::nullopt, "{}", closed},
      {"else", true, 1, 12, kAlice, "m.room.message", std::nullopt, "{}", closed},
      {"aliases.1", false, 1, 5, kBob, kAliases, std::nullopt, "{}"},
      {"aliases.2", false, 1, 5, kBob, kAliases, "a.test", "{}"},
      {"aliases.3", true, 1, 5, kDave, kAliases, "d.test", "{}"},
      {"joined", false, 6, 12, kDave, kAliases, "d.test", "{}"},
      {"joined", false, 1, 12, kDave, "m.room.message", std::nullopt, "{}"},
      {"joined", false, 1, 12, kFrank, "m.room.message", std::nullopt, "{}"},
      {"joined", false, 1, 12, kEve, "m.room.message", std::nullopt, "{}"},
      {"level", false, 1, 12, kCarol, "m.room.topic", "", "{}"},
      {"level", false, 1, 12, kBob, "high", std::nullopt, "{}"},
      {"else", true, 1, 12, kAlice, "high", std::nullopt, "{}"},
      {"key", false, 1, 12, kBob, "m.thing", std::string(kCarol), "{}"},
      {"else", true, 1, 12, kBob, "m.thing", std::string(kBob), "{}"},
      {"else", true, 1, 12, kCarol, "m.room.message", std::nullopt, "{}"},
      {"redaction.1", true, 1, 2, kBob, kRedaction, std::nullopt, "{}", [](TestRoom&) {},
       redacts("a.test")},
      {"redaction.2", true, 1, 2, kCarol, kRedaction, std::nullopt, "{}", [](TestRoom&) {},
       redacts("c.test")},
      {"redaction.3", false, 1, 2, kCarol, kRedaction, std::nullopt, "{}", [](TestRoom&) {},
       redacts("a.test")},
      {"else", true, 3, 12, kCarol, kRedaction, std::nullopt, "{}", [](TestRoom&) {},
       redacts("a.test")},
  };
}

std::vector<Case> AllCases() {
  std::vector<Case> all;
  for (auto part : {CreateCases(), JoinCases(), InviteCases(), LeaveBanKnockCases(), LevelCases(),
                    OtherCases()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace parley::event::testing
