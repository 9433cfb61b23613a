#include "common/lease/decide.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/strings.h"

namespace parley::lease {
namespace {

// "12.1": units 0 and 3 are of member 1, unit 1 of 2, unit 2 of nobody; 'x' is expired.
View Of(std::vector<MemberId> members, std::string_view owners) {
  View view{static_cast<uint32_t>(owners.size()), std::move(members), {}};
  for (size_t i = 0; i < owners.size(); ++i) {
    if (owners[i] == '.') continue;
    const bool expired = owners[i] == 'x';
    view.holdings.push_back({static_cast<Partition>(i), expired ? 1 : owners[i] - '0', expired});
  }
  return view;
}

std::string Print(const Decision& decision) {
  std::string out;
  for (const Partition unit : decision.claim) StrAppend(&out, "+", unit);
  for (const Partition unit : decision.release) StrAppend(&out, "-", unit);
  return out;
}

struct Case {
  const char* what;
  std::vector<MemberId> members;
  const char* owners;
  const char* first;   // what member 1 does
  const char* second;  // what member 2 does
};

TEST(Decide, GivesEverybodyAFairShare) {
  const std::vector<Case> cases = {
      {"alone, nothing owned", {1}, "....", "+0+1+2+3", ""},
      {"two begin together", {1, 2}, "....", "+0+1", "+2+3"},
      {"one joins an owner of all", {1, 2}, "1111", "-2-3", ""},
      {"what was given up is taken", {1, 2}, "11..", "", "+2+3"},
      {"settled", {1, 2}, "1122", "", ""},
      {"the other is gone", {1}, "1122", "+2+3", ""},
      {"the other's leases ended", {2, 1}, "2xx2", "+1+2", ""},
      {"odd: nothing moves", {1, 2}, "112", "", ""},
      {"odd: whoever has more keeps it", {1, 2}, "122", "", ""},
      {"one unit: the second waits", {1, 2}, "2", "", ""},
      {"one unit: its owner is gone", {1}, "2", "+0", ""},
      {"who is not a member does nothing", {2}, "..", "", "+0+1"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Print(Decide(1, Of(c.members, c.owners))), c.first) << c.what;
    EXPECT_EQ(Print(Decide(2, Of(c.members, c.owners))), c.second) << c.what;
  }
}

// From any distribution, a few rounds lead to fair shares that no longer change.
TEST(Decide, SettlesFromAnywhere) {
  for (const std::string start : {"................", "1111111111111111", "1111222233339999"}) {
    std::string owners = start;
    for (int round = 0; round < 3; ++round) {
      const View view = Of({1, 2, 3}, owners);
      for (const MemberId me : view.members) {
        const Decision decision = Decide(me, view);
        for (const Partition unit : decision.release) owners[unit] = '.';
        for (const Partition unit : decision.claim) owners[unit] = static_cast<char>('0' + me);
      }
    }
    for (const MemberId me : {1, 2, 3}) {
      EXPECT_EQ(Decide(me, Of({1, 2, 3}, owners)), Decision{}) << owners;
      const auto share = std::count(owners.begin(), owners.end(), static_cast<char>('0' + me));
      EXPECT_GE(share, 5);
      EXPECT_LE(share, 6);
    }
  }
}

}  // namespace
}  // namespace parley::lease
