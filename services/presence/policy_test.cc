#include "services/presence/policy.h"

#include <gtest/gtest.h>

#include "common/base/strings.h"

namespace parley::presence {
namespace {

// One user's story; each step says what others then see, "+" in front when they are told.
class Story {
 public:
  std::string Do(const Input& input) {
    const Decision decision = Step(user_, input, now_, config_);
    user_ = decision.next;
    wake_at_ = decision.wake_at;
    told_own_ = decision.notify_own;
    return StrCat(decision.notify_others ? "+" : "", NameOf(user_.shown.state),
                  user_.shown.status_msg.empty() ? "" : " ", user_.shown.status_msg);
  }
  std::string After(absl::Duration time) {
    now_ += time;
    return Do(Ticked{});
  }

  std::string Own() const { return std::string(NameOf(user_.own.state)); }
  absl::Duration ShownAge() const { return now_ - user_.shown.last_active; }
  absl::Duration WakeIn() const { return wake_at_ - now_; }
  bool told_own() const { return told_own_; }
  void Pass(absl::Duration time) { now_ += time; }

 private:
  Config config_;
  UserPresence user_;
  absl::Time now_ = absl::FromUnixSeconds(1000);
  absl::Time wake_at_;
  bool told_own_ = false;
};

Input Choose(State state, std::optional<std::string> status_msg = std::nullopt, std::string device = "A") {
  return Chosen{std::move(device), state, std::move(status_msg)};
}
Input Sync(State state = State::kOnline, std::string device = "A") { return StreamSeen{std::move(device), state}; }

TEST(PresencePolicy, AStreamMakesAUserOnline) {
  Story story;
  EXPECT_EQ(story.Do(Sync()), "+online");
  EXPECT_EQ(story.Do(Sync()), "online");
}

TEST(PresencePolicy, AStreamThatIsNotToCountChangesNothing) {
  Story story;
  EXPECT_EQ(story.Do(Sync(State::kOffline)), "offline");
}

TEST(PresencePolicy, AUserIsOfflineWhenTheLastStreamHasEndedAndTheGraceIsOver) {
  Story story;
  story.Do(Sync());
  EXPECT_EQ(story.Do(StreamEnded{"A"}), "online");
  EXPECT_EQ(story.WakeIn(), absl::Seconds(10));
  EXPECT_EQ(story.After(absl::Seconds(10)), "+offline");
}

TEST(PresencePolicy, AStreamThatIsNotReportedAnyMoreHasEnded) {
  Story story;
  story.Do(Sync());
  EXPECT_EQ(story.After(absl::Seconds(29)), "online");
  EXPECT_EQ(story.After(absl::Seconds(1)), "+offline");
}

TEST(PresencePolicy, NewStreamsKeepAUserThroughTheGrace) {
  Story story;
  story.Do(Sync());
  story.Do(StreamEnded{"A"});
  story.Pass(absl::Seconds(5));
  EXPECT_EQ(story.Do(Sync()), "online");
  EXPECT_EQ(story.After(absl::Seconds(8)), "online");
}

TEST(PresencePolicy, TheHighestOfTheDevicesCounts) {
  Story story;
  EXPECT_EQ(story.Do(Sync(State::kUnavailable, "A")), "+unavailable");
  EXPECT_EQ(story.Do(Sync(State::kOnline, "B")), "+online");
  EXPECT_EQ(story.Do(Choose(State::kUnavailable, std::nullopt, "A")), "online");
  EXPECT_EQ(story.Do(Choose(State::kFreeForChat, std::nullopt, "B")), "+free_for_chat");
}

TEST(PresencePolicy, AChoiceIsNotUndoneByASync) {
  for (const State state : {State::kUnavailable, State::kFreeForChat}) {
    Story story;
    story.Do(Sync());
    story.Do(Choose(state));
    EXPECT_EQ(story.Do(Sync()), NameOf(state));
  }
}

TEST(PresencePolicy, AStreamThatSaysUnavailableIsAChoice) {
  Story story;
  story.Do(Choose(State::kOnline));
  EXPECT_EQ(story.Do(Sync(State::kUnavailable)), "+unavailable");
}

TEST(PresencePolicy, AnExplicitOfflineWinsOverAllDevices) {
  Story story;
  story.Do(Sync(State::kOnline, "A"));
  EXPECT_EQ(story.Do(Choose(State::kOffline, std::nullopt, "B")), "+offline");
  EXPECT_EQ(story.Do(Sync(State::kOnline, "A")), "offline");
  EXPECT_EQ(story.Do(Choose(State::kOnline)), "+online");
}

TEST(PresencePolicy, HiddenReadsAsOfflineAndStaysThroughSyncs) {
  Story story;
  story.Do(Sync());
  EXPECT_EQ(story.Do(Choose(State::kHidden, "ssh")), "+offline");
  EXPECT_EQ(story.Own(), "hidden");
  EXPECT_EQ(story.Do(Sync(State::kOnline, "B")), "offline");
}

TEST(PresencePolicy, NothingTellsHiddenFromOffline) {
  Story story;
  story.Do(Sync());
  story.Pass(absl::Seconds(5));
  story.Do(Choose(State::kHidden));
  EXPECT_EQ(story.ShownAge(), absl::Seconds(5));
  story.Pass(absl::Seconds(20));
  EXPECT_EQ(story.Do(Acted{}), "offline");
  EXPECT_EQ(story.Do(Choose(State::kHidden, "busy")), "offline");
  EXPECT_TRUE(story.told_own());
  EXPECT_EQ(story.Do(Choose(State::kOffline)), "offline");
  EXPECT_EQ(story.ShownAge(), absl::Seconds(25));
  EXPECT_EQ(story.After(absl::Minutes(1)), "offline");
}

TEST(PresencePolicy, AStatusMessageIsToldAndCleared) {
  Story story;
  story.Do(Sync());
  EXPECT_EQ(story.Do(Choose(State::kOnline, "hi")), "+online hi");
  EXPECT_EQ(story.Do(Choose(State::kOnline, "hi")), "online hi");
  EXPECT_EQ(story.Do(Choose(State::kOnline)), "+online");
}

TEST(PresencePolicy, RisesAreProactiveAndFallsAreNot) {
  Story story;
  story.Do(Sync());
  EXPECT_EQ(story.ShownAge(), absl::ZeroDuration());
  story.Pass(absl::Seconds(5));
  story.Do(Choose(State::kUnavailable));
  EXPECT_EQ(story.ShownAge(), absl::Seconds(5));
  story.Do(Choose(State::kOnline));
  EXPECT_EQ(story.ShownAge(), absl::ZeroDuration());
  story.Pass(absl::Seconds(5));
  story.Do(Choose(State::kFreeForChat));
  EXPECT_EQ(story.ShownAge(), absl::ZeroDuration());
}

TEST(PresencePolicy, SyncingIsNotProactive) {
  Story story;
  story.Do(Sync());
  story.Pass(absl::Seconds(5));
  story.Do(Sync());
  EXPECT_EQ(story.ShownAge(), absl::Seconds(5));
  story.Do(Acted{});
  EXPECT_EQ(story.ShownAge(), absl::ZeroDuration());
}

TEST(PresencePolicy, WhoDoesNothingForLongBecomesUnavailable) {
  Story story;
  story.Do(Sync());
  std::string seen;
  for (int i = 0; i < 30; ++i) {
    story.Pass(absl::Seconds(10));
    seen = story.Do(Sync());
  }
  EXPECT_EQ(seen, "+unavailable");
  EXPECT_EQ(story.Do(Acted{}), "+online");
}

// MSC3026
TEST(PresencePolicy, WhoIsBusyIsSoOnAllDevicesAndDoesNotIdle) {
  Story story;
  story.Do(Sync());
  story.Pass(absl::Seconds(5));
  EXPECT_EQ(story.Do(Choose(State::kBusy)), "+org.matrix.msc3026.busy");
  EXPECT_EQ(story.ShownAge(), absl::Seconds(5)) << "no more available than before";
  EXPECT_EQ(story.Do(Choose(State::kFreeForChat, std::nullopt, "B")), "org.matrix.msc3026.busy");
  for (int i = 0; i < 40; ++i) {
    story.Pass(absl::Seconds(10));
    EXPECT_EQ(story.Do(Sync()).find("unavailable"), std::string::npos);
  }
}

TEST(PresencePolicy, KeepsABoundedNumberOfDevices) {
  UserPresence user;
  const Config config;
  const absl::Time now = absl::FromUnixSeconds(1000);
  for (int i = 0; i < 1000; ++i) user = Step(user, Sync(State::kOnline, StrCat("D", i)), now, config).next;
  EXPECT_EQ(user.devices.size(), kMaxDevices);
}

TEST(PresencePolicy, NamesItsStatesAndNoOther) {
  for (const char* name : {"offline", "unavailable", "online", "free_for_chat", "hidden"}) {
    EXPECT_EQ(NameOf(*StateOf(name)), name);
  }
  EXPECT_EQ(StateOf("busy"), State::kBusy);
  EXPECT_EQ(StateOf(NameOf(State::kBusy)), State::kBusy);
  EXPECT_EQ(StateOf(""), std::nullopt);
}

}  // namespace
}  // namespace parley::presence
