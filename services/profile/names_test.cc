#include "services/profile/names.h"

#include <gtest/gtest.h>

namespace parley::profile {
namespace {

std::string Search(const Names& names, std::string_view term, size_t limit = 10) {
  std::string text;
  for (const Names::Found& found : names.Search(term, limit, "@me:a")) text += found.user_id + " ";
  return text;
}

class NamesTest : public ::testing::Test {
 protected:
  NamesTest() {
    names_.Set("@alice:a", {.displayname = "Alice Liddell"});
    names_.Set("@bob:a", {.displayname = "Malice"});
    names_.Set("@carol:a", {.displayname = "ALICE"});
    names_.Set("@me:a", {.displayname = "Alice too"});
    names_.Set("@dave:a", {});
  }
  Names names_;
};

TEST_F(NamesTest, FindsWholeNamesFirstThenBeginningsThenAnywhere) {
  EXPECT_EQ(Search(names_, "alice"), "@alice:a @carol:a @bob:a ");
  EXPECT_EQ(Search(names_, "lid"), "@alice:a ");
}

TEST_F(NamesTest, FindsByIdAndWithoutRegardToCase) {
  EXPECT_EQ(Search(names_, "@DAVE:a"), "@dave:a ");
  EXPECT_EQ(Search(names_, "dave"), "@dave:a ");
  EXPECT_EQ(Search(names_, "%_\\%'"), "");
}

TEST_F(NamesTest, GivesOneMoreThanTheLimit) {
  EXPECT_EQ(Search(names_, "alice", 1), "@alice:a @carol:a ");
}

TEST_F(NamesTest, KnowsWhatIsNotPropagated) {
  names_.Set("@alice:a", {.generation = 2, .propagated = 1});
  EXPECT_EQ(names_.Pending(), std::vector<std::string>{"@alice:a"});
  names_.SetPropagated("@alice:a", 2);
  EXPECT_TRUE(names_.Pending().empty());
}

}  // namespace
}  // namespace parley::profile
