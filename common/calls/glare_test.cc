#include "common/calls/glare.h"

#include <string_view>

#include <gtest/gtest.h>

namespace parley::calls {
namespace {

// Sent at 1000, seen at once, rings for a minute.
Invite From(std::string_view sender, std::string_view call_id) {
  Invite invite;
  invite.sender = sender;
  invite.call_id = call_id;
  invite.sent_at = invite.seen_at = 1000;
  invite.lifetime = 60'000;
  return invite;
}

Invite Alices(std::string_view call_id = "1") {
  return From("@alice:x", call_id);
}
Invite Bobs(std::string_view call_id = "2") {
  return From("@bob:x", call_id);
}

Invite With(Invite invite, auto change) {
  change(invite);
  return invite;
}

// The winner's call id whichever way they are given, "" for no glare, "?" when the order of
// arguments matters.
std::string Winner(const Invite& a, const Invite& b) {
  const auto name = [](Glare glare, const Invite& first, const Invite& second) {
    if (glare == Glare::kNone) return std::string();
    return glare == Glare::kFirst ? first.call_id : second.call_id;
  };
  const std::string forwards = name(ResolveGlare(a, b), a, b);
  return forwards == name(ResolveGlare(b, a), b, a) ? forwards : "?";
}

// S84, S88: by code point of the whole string, never by number, length, case or language.
TEST(Glare, TheLesserCallIdLives) {
  struct {
    const char* lesser;
    const char* greater;
  } const cases[] = {
      {"1", "2"},
      {"10", "9"},
      {"a", "b"},
      {"A", "a"},
      {"Z", "a"},
      {"a", "aa"},
      {"", "a"},
      {"-", "0"},
      {"z", "é"},
      {"é", "ē"},
      {"\uFFFD", "\U0001F600"},  // UTF-16 has it the other way
      {"abc10", "abc9"},
      {" a", "a"},
      {"e\u0301", "é"},
  };
  for (const auto& [lesser, greater] : cases) {
    EXPECT_EQ(Winner(Alices(lesser), Bobs(greater)), lesser) << lesser << " " << greater;
    EXPECT_EQ(Winner(Alices(greater), Bobs(lesser)), lesser) << lesser << " " << greater;
  }
}

// The whole table: who calls, for whom, from which device.
TEST(Glare, IsBetweenTwoCallsOfTheSamePeople) {
  const auto device = [](std::string_view party) {
    return [party](Invite& invite) { invite.party_id = party; };
  };
  const auto to = [](std::string_view user) {
    return [user](Invite& invite) { invite.invitee = user; };
  };
  struct {
    const char* what;
    Invite a, b;
    const char* winner;
  } const cases[] = {
      {"S81: to the room, from either side", Alices(), Bobs(), "1"},
      {"equal ids: nothing to choose", Alices("1"), Bobs("1"), ""},
      {"one call seen twice", Alices("1"), Alices("1"), ""},
      {"version 0, the same user: begun anew", Alices("1"), Alices("2"), ""},
      {"the same device: begun anew", With(Alices("1"), device("A")),
       With(Alices("2"), device("A")), ""},
      {"S92: two devices of one user", With(Alices("1"), device("A")),
       With(Alices("2"), device("B")), "1"},
      {"one user, version 0 and 1", With(Alices("1"), device("A")), Alices("2"), ""},
      {"equal party ids of two users", With(Alices(), device("A")), With(Bobs(), device("A")), "1"},
      {"each for the other", With(Alices(), to("@bob:x")), With(Bobs(), to("@alice:x")), "1"},
      {"one names the other, one the room", With(Alices(), to("@bob:x")), Bobs(), "1"},
      {"one is for somebody else", With(Alices(), to("@carol:x")), Bobs(), ""},
      {"both for somebody else", With(Alices(), to("@carol:x")), With(Bobs(), to("@carol:x")), ""},
      {"one user's devices, for the same", With(With(Alices("1"), device("A")), to("@bob:x")),
       With(With(Alices("2"), device("B")), to("@bob:x")), "1"},
      {"one user's devices, for two", With(With(Alices("1"), device("A")), to("@bob:x")),
       With(With(Alices("2"), device("B")), to("@carol:x")), ""},
  };
  for (const auto& each : cases) EXPECT_EQ(Winner(each.a, each.b), each.winner) << each.what;
}

// The whole table: when each was sent, seen, settled and over.
TEST(Glare, IsBetweenTwoInvitesThatWait) {
  const auto sent = [](int64_t at) {
    return [at](Invite& invite) { invite.sent_at = invite.seen_at = at; };
  };
  const auto seen = [](int64_t at) { return [at](Invite& invite) { invite.seen_at = at; }; };
  const auto settled = [](int64_t at) { return [at](Invite& invite) { invite.settled_at = at; }; };
  const auto lasts = [](int64_t ms) { return [ms](Invite& invite) { invite.lifetime = ms; }; };
  struct {
    const char* what;
    Invite a, b;
    const char* winner;
  } const cases[] = {
      {"S87: the greater came first", Alices("1"), With(Bobs("2"), sent(900)), "1"},
      {"S87: the lesser came first", With(Alices("1"), sent(900)), Bobs("2"), "1"},
      {"the last moment of the first", Alices(), With(Bobs(), sent(60'999)), "1"},
      {"S92: the first had expired", Alices(), With(Bobs(), sent(61'000)), ""},
      {"S92: it had expired when it came", Alices(), With(Bobs(), seen(61'000)), ""},
      {"the other one had, when this came", With(Alices(), seen(61'000)), Bobs(), ""},
      {"a lifetime of nothing", With(Alices(), lasts(0)), Bobs(), ""},
      {"settled before the other was sent", With(Alices(), settled(1500)), With(Bobs(), sent(2000)),
       ""},
      {"settled while the other was on its way", With(Alices(), settled(2500)),
       With(Bobs(), sent(2000)), "1"},
      {"settled in that very millisecond", With(Alices(), settled(2000)), With(Bobs(), sent(2000)),
       "1"},
      {"S92: the greater settled, the lesser not", Alices(), With(Bobs(), settled(1500)), "1"},
      {"both settled after", With(Alices(), settled(1500)), With(Bobs(), settled(1500)), "1"},
      {"the second settled before the first was sent", Alices(),
       With(With(Bobs(), sent(100)), settled(500)), ""},
  };
  for (const auto& each : cases) EXPECT_EQ(Winner(each.a, each.b), each.winner) << each.what;
}

}  // namespace
}  // namespace parley::calls
