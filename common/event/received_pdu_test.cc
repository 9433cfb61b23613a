#include "common/event/received_pdu.h"

#include <absl/strings/str_replace.h>
#include <gtest/gtest.h>

#include "common/event/testing/test_room.h"
#include "common/status/matrix_error.h"
#include "common/testing/vectors.h"

namespace parley::event {
namespace {

using testing::Json;
using testing::TestKey;
using testing::TestKeys;
using testing::TestRoom;

// A message of a room of this version, changed before it is parsed.
absl::Status ParseChanged(std::string_view version,
                          const std::function<void(json::Object&)>& change) {
  const TestRoom room(GetRoomVersion(version), "@alice:a.test");
  json::Object event =
      Json(room.Make("@alice:a.test", "m.room.message", std::nullopt, R"({"body":"x"})")->bytes);
  change(event);
  return ParsePdu(json::Serialize(event), room.version()).status();
}

struct BadField {
  std::string_view key;
  json::Value value;
  std::string_view errcode = "M_BAD_JSON";
};

TEST(ParsePdu, RefusesAnEventOfTheWrongShape) {
  const std::string long_text(256, 'x');
  const std::vector<BadField> cases = {
      {"type", 5},
      {"type", nullptr},
      {"type", long_text, "M_TOO_LARGE"},
      {"sender", "alice"},
      {"sender", "@alice"},
      {"room_id", "room"},
      {"room_id", 5},
      {"state_key", 5},
      {"state_key", nullptr},
      {"state_key", long_text, "M_TOO_LARGE"},
      {"content", "x"},
      {"content", json::Array{}},
      {"depth", "5"},
      {"depth", -1},
      {"depth", 1.5},
      {"depth", true},
      {"origin_server_ts", "now"},
      {"prev_events", "$x"},
      {"prev_events", json::Array{5}},
      {"prev_events", json::Array(21, json::Value("$a"))},
      {"prev_events", json::Array{json::Array{"$a", json::Object{}}}},
      {"auth_events", json::Array{nullptr}},
      {"auth_events", json::Array(11, json::Value("$a"))},
      {"hashes", json::Object{}},
      {"hashes", json::Object{{"sha256", 5}}},
      {"signatures", json::Array{}},
      {"signatures", json::Object{{"a.test", 5}}},
      {"signatures", json::Object{{"a.test", json::Object{{"ed25519:1", 5}}}}},
  };
  for (const BadField& bad : cases) {
    const absl::Status status =
        ParseChanged("12", [&bad](json::Object& event) { event.Set(bad.key, bad.value); });
    EXPECT_TRUE(HasErrcode(status, bad.errcode))
        << bad.key << " " << json::Serialize(bad.value) << ": " << status;
  }
}

TEST(ParsePdu, RefusesAnEventThatLacksARequiredField) {
  for (const std::string_view key : {"type", "sender", "content", "depth", "hashes", "signatures",
                                     "origin_server_ts", "prev_events", "auth_events", "room_id"}) {
    for (const std::string_view version : {"1", "6", "12"}) {
      EXPECT_FALSE(ParseChanged(version, [key](json::Object& event) { event.Erase(key); }).ok())
          << key;
    }
  }
  EXPECT_FALSE(ParseChanged("1", [](json::Object& event) { event.Erase("event_id"); }).ok());
}

TEST(ParsePdu, RefusesNumbersThatCanonicalJsonDoesNotHaveFromVersion6On) {
  const auto with = [](std::string_view version, json::Value number) {
    return ParseChanged(version, [&number](json::Object& event) {
      event.Set("content", json::Object{{"a", json::Array{number}}});
    });
  };
  EXPECT_TRUE(with("5", 1.5).ok());
  EXPECT_TRUE(with("5", int64_t{1} << 60).ok());
  EXPECT_FALSE(with("6", 1.5).ok());
  EXPECT_FALSE(with("6", int64_t{1} << 53).ok());
  EXPECT_TRUE(with("6", (int64_t{1} << 53) - 1).ok());
}

TEST(ParsePdu, RefusesTheSameFromAParsedObject) {
  const TestRoom room(GetRoomVersion("6"), "@alice:a.test");
  json::Object event = Json(room.last()->bytes);
  event.Set("content", json::Object{{"a", 1.5}});
  EXPECT_TRUE(HasErrcode(ParsePdu(event, room.version()).status(), "M_BAD_JSON"));
}

TEST(ParsePdu, RefusesMoreThan65536Bytes) {
  EXPECT_TRUE(
      HasErrcode(ParseChanged("12",
                              [](json::Object& event) {
                                event.Set("content", json::Object{{"a", std::string(65'536, 'x')}});
                              }),
                 "M_TOO_LARGE"));
}

TEST(ParsePdu, DropsUnsignedWhateverItIs) {
  const TestRoom room(DefaultRoomVersion(), "@alice:a.test");
  json::Object event = Json(room.last()->bytes);
  event.Set("unsigned", "x");
  const auto received = ParsePdu(event, room.version());
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received->peek().bytes, room.last()->bytes);
}

TEST(ParsePdu, KeepsTheDepthOfOldRoomsUpTo63Bits) {
  EXPECT_TRUE(ParseChanged("5", [](json::Object& event) { event.Set("depth", INT64_MAX); }).ok());
  EXPECT_FALSE(ParseChanged("6", [](json::Object& event) { event.Set("depth", INT64_MAX); }).ok());
}

TEST(VerifyPdu, WantsTheServerOfTheEventIdToSignInVersions1And2) {
  for (const RoomVersion& version : AllRoomVersions()) {
    const TestRoom room(version, "@alice:a.test");
    const auto received = ParsePdu(room.last()->bytes, version);
    EXPECT_EQ(received->RequiredSigners(), std::vector<std::string>{"a.test"});
  }
  const TestRoom room(GetRoomVersion("2"), "@alice:a.test");
  json::Object event = Json(room.last()->bytes);
  event.Set("event_id", "$x:b.test");
  EXPECT_EQ(ParsePdu(event, room.version())->RequiredSigners(),
            (std::vector<std::string>{"a.test", "b.test"}));
}

TEST(VerifyPdu, KnowsWhetherTheAuthorisingServerSigned) {
  const TestRoom room(GetRoomVersion("10"), "@alice:a.test");
  const PduPtr join =
      room.Make("@bob:b.test", "m.room.member", "@bob:b.test",
                R"({"membership":"join","join_authorised_via_users_server":"@alice:a.test"})");
  const auto received = ParsePdu(join->bytes, room.version());
  EXPECT_EQ(received->Authoriser(), "a.test");
  const auto alone = VerifyPdu(*received, TestKeys);
  ASSERT_TRUE(alone.ok()) << alone.status();
  EXPECT_FALSE(alone->signed_by_authoriser());
  const auto both = SignPdu(*alone, "a.test", TestKey());
  EXPECT_TRUE(both->signed_by_authoriser());
  EXPECT_TRUE(
      VerifyPdu(*ParsePdu((*both)->bytes, room.version()), TestKeys)->signed_by_authoriser());
}

TEST(VerifyPdu, SkipsSignaturesOfServersThatNeedNotSign) {
  const TestRoom room(DefaultRoomVersion(), "@alice:a.test");
  json::Object event = Json(room.last()->bytes);
  event.Find("signatures")->AsObject()->Set("b.test", json::Object{{"ed25519:1", "bm9uc2Vuc2U"}});
  EXPECT_TRUE(VerifyPdu(*ParsePdu(event, room.version()), TestKeys).ok());
}

TEST(VerifyPdu, RefusesASignatureThatIsNone) {
  const TestRoom room(DefaultRoomVersion(), "@alice:a.test");
  for (const std::string_view signature : {"", "AAAA", "!!!"}) {
    json::Object event = Json(room.last()->bytes);
    event.Set("signatures", json::Object{{"a.test", json::Object{{TestKey().id(), signature}}}});
    EXPECT_FALSE(VerifyPdu(*ParsePdu(event, room.version()), TestKeys).ok()) << signature;
  }
}

// Sets or removes what a path like /content/a names.
void Mutate(json::Object& event, std::string_view path, const json::Value* value) {
  json::Object* object = &event;
  path.remove_prefix(1);
  for (size_t slash = path.find('/'); slash != path.npos; slash = path.find('/')) {
    object = object->Find(path.substr(0, slash))->AsObject();
    path.remove_prefix(slash + 1);
  }
  value == nullptr ? static_cast<void>(object->Erase(path)) : object->Set(path, *value);
}

// The values that a harness makes: @raw:JSON, @size:N, @nest:N.
std::string Expand(const std::string& value) {
  if (value.starts_with("@raw:")) return value.substr(5);
  const size_t number = std::stoul(value.substr(value.find(':') + 1));
  if (value.starts_with("@size:")) return R"({"a":")" + std::string(number, 'x') + "\"}";
  std::string text;
  for (size_t i = 0; i < number; ++i) text += "{\"a\":";
  return text + "{}" + std::string(number, '}');
}

bool IsMadeValue(const json::Value* value) {
  const std::string* text = value == nullptr ? nullptr : value->AsString();
  return text != nullptr &&
         (text->starts_with("@raw:") || text->starts_with("@size:") || text->starts_with("@nest:"));
}

// A message of this version with what a case of the corpus does to it.
std::string HostileBytes(const json::Object& vector, const RoomVersion& version) {
  const TestRoom room(version, "@alice:a.test");
  json::Object event =
      Json(room.Make("@alice:a.test", "m.room.message", std::nullopt, "{}")->bytes);
  std::string made;
  for (const json::Value& step : *json::FindArray(vector, "mutate")) {
    const json::Value* value = step.Find("value");
    Mutate(event, *step.Find("path")->AsString(), value);
    if (IsMadeValue(value)) made = *value->AsString();
  }
  const std::string bytes = json::Serialize(event);
  return made.empty() ? bytes : absl::StrReplaceAll(bytes, {{json::Quoted(made), Expand(made)}});
}

bool IsAboutShape(std::string_view id) {
  return id.starts_with("pdu-missing-") || id.starts_with("pdu-bad-") ||
         id.starts_with("pdu-content-");
}

TEST(ParsePdu, DropsTheMalformedEventsOfTheAdversarialCorpus) {
  const auto vectors = parley::testing::LoadVectors("../federation_pdu.jsonl");
  if (!vectors) GTEST_SKIP() << "no corpus";
  int dropped = 0;
  for (const json::Object& vector : *vectors) {
    const std::string_view id = json::StringOr(vector, "id", "");
    if (!IsAboutShape(id)) continue;
    const json::Object& expect = *json::FindObject(vector, "expect");
    const bool must_drop = json::StringOr(expect, "treatment", "") == "dropped";
    for (const json::Value& number : *json::FindArray(vector, "room_versions")) {
      const RoomVersion& version = GetRoomVersion(*number.AsString());
      const bool parsed = ParsePdu(HostileBytes(vector, version), version).ok();
      EXPECT_FALSE(must_drop && parsed) << id << " in version " << version.id;
      dropped += must_drop;
    }
  }
  EXPECT_GT(dropped, 100);
}

}  // namespace
}  // namespace parley::event
