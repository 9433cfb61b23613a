#include "common/event/visibility.h"

#include <gtest/gtest.h>

namespace parley::event {
namespace {

constexpr HistoryVisibility kVisibilities[] = {
    HistoryVisibility::kWorldReadable, HistoryVisibility::kShared, HistoryVisibility::kInvited,
    HistoryVisibility::kJoined};
constexpr Membership kMemberships[] = {Membership::kLeave, Membership::kInvite, Membership::kJoin,
                                       Membership::kKnock, Membership::kBan};

VisibilityFacts At(HistoryVisibility visibility, Membership membership, bool joined_since = false) {
  return {visibility, visibility, membership, membership, joined_since};
}

TEST(Visibility, EveryoneSeesAWorldReadableRoom) {
  for (const Membership membership : kMemberships) {
    EXPECT_TRUE(MaySee(At(HistoryVisibility::kWorldReadable, membership)));
  }
}

TEST(Visibility, AMemberSeesWhatHappensWhileJoined) {
  for (const HistoryVisibility visibility : kVisibilities) {
    EXPECT_TRUE(MaySee(At(visibility, Membership::kJoin)));
  }
}

TEST(Visibility, SharedHistoryOpensToThoseWhoJoinLater) {
  for (const Membership membership : kMemberships) {
    EXPECT_TRUE(MaySee(At(HistoryVisibility::kShared, membership, true)));
  }
  EXPECT_FALSE(MaySee(At(HistoryVisibility::kShared, Membership::kLeave)));
  EXPECT_FALSE(MaySee(At(HistoryVisibility::kShared, Membership::kInvite)));
}

TEST(Visibility, InvitedHistoryOpensFromTheInvite) {
  EXPECT_TRUE(MaySee(At(HistoryVisibility::kInvited, Membership::kInvite, true)));
  EXPECT_FALSE(MaySee(At(HistoryVisibility::kInvited, Membership::kLeave, true)));
  EXPECT_FALSE(MaySee(At(HistoryVisibility::kInvited, Membership::kKnock, true)));
}

TEST(Visibility, JoinedHistoryOpensFromTheJoin) {
  EXPECT_FALSE(MaySee(At(HistoryVisibility::kJoined, Membership::kInvite, true)));
  EXPECT_FALSE(MaySee(At(HistoryVisibility::kJoined, Membership::kBan, true)));
}

TEST(Visibility, AVisibilityChangeIsSeenByWhoSeesBeforeOrAfterIt) {
  VisibilityFacts facts = At(HistoryVisibility::kJoined, Membership::kLeave);
  facts.visibility_before = HistoryVisibility::kWorldReadable;
  EXPECT_TRUE(MaySee(facts));
  std::swap(facts.visibility_before, facts.visibility_after);
  EXPECT_TRUE(MaySee(facts));
}

TEST(Visibility, UsersSeeTheirOwnJoinAndLeave) {
  VisibilityFacts facts = At(HistoryVisibility::kJoined, Membership::kLeave);
  facts.membership_after = Membership::kJoin;
  EXPECT_TRUE(MaySee(facts));
  std::swap(facts.membership_before, facts.membership_after);
  EXPECT_TRUE(MaySee(facts));
}

TEST(Visibility, ValuesThatNobodyKnowsReadAsShared) {
  Pdu event;
  event.content.Set("history_visibility", "whoever");
  EXPECT_EQ(HistoryVisibilityOf(&event), HistoryVisibility::kShared);
  EXPECT_EQ(HistoryVisibilityOf(nullptr), HistoryVisibility::kShared);
}

}  // namespace
}  // namespace parley::event
