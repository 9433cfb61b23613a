#include "services/gateway/federation/remote_names.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/status/matrix_error.h"
#include "common/testing/manual_clock.h"
#include "parley/events/v1/events.parley.h"
#include "parley/presence/v1/presence.parley.h"

namespace parley::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kFar[] = "@far:b";
constexpr char kRoom[] = "!room:a";

// The member event of kFar.
class FakeEvents final : public events::EventsFake {
 public:
  absl::StatusOr<events::v1::JsonResponse> GetStateEvent(
      const rpc::Call&, const events::v1::GetStateEventRequest& request) override {
    ++asked;
    EXPECT_EQ(request.requester().user_id(), kFar);
    EXPECT_EQ(request.state_key(), kFar);
    if (content.empty()) return Forbidden("not in the room");
    events::v1::JsonResponse response;
    response.set_json(content);
    return response;
  }

  std::string content = R"({"membership":"join","displayname":"Far","avatar_url":"mxc://b/1"})";
  int asked = 0;
};

class FakePresence final : public presence::PresenceFake {
 public:
  absl::StatusOr<presence::v1::AnnounceProfileResponse> AnnounceProfile(
      const rpc::Call&, const presence::v1::AnnounceProfileRequest& request) override {
    if (is_away) return absl::UnavailableError("away");
    announced.push_back(
        StrCat(request.profile().displayname(), " ", request.profile().avatar_url()));
    return presence::v1::AnnounceProfileResponse();
  }

  std::vector<std::string> announced;
  bool is_away = false;
};

class RemoteNamesTest : public ::testing::Test {
 protected:
  void Learn() { names_.Learn({}, kFar, kRoom); }
  void Relearn() { names_.Relearn({}, kFar, kRoom); }

  FakeEvents events_;
  FakePresence presence_;
  ::parley::testing::ManualClock clock_;
  RemoteNames names_{events_, presence_, clock_};
};

TEST_F(RemoteNamesTest, ComeFromTheMemberEventOnceInAWhile) {
  Learn();
  Learn();
  EXPECT_EQ(events_.asked, 1);
  EXPECT_THAT(presence_.announced, ElementsAre("Far mxc://b/1"));
  clock_.Advance(RemoteNames::kKeep);
  Learn();
  EXPECT_THAT(presence_.announced, ElementsAre("Far mxc://b/1", "Far mxc://b/1"));
}

TEST_F(RemoteNamesTest, AreToldAgainWhenTheyChange) {
  Learn();
  Relearn();
  events_.content = R"({"membership":"join","displayname":"Farther"})";
  Relearn();
  EXPECT_THAT(presence_.announced, ElementsAre("Far mxc://b/1", "Farther "));
}

TEST_F(RemoteNamesTest, OfWhoIsNotHeardOfAreNotAskedFor) {
  Relearn();
  EXPECT_EQ(events_.asked, 0);
}

TEST_F(RemoteNamesTest, ThatCannotBeReadOrToldAreTriedAgain) {
  events_.content = "";
  Learn();
  events_.content = R"({"membership":"join","displayname":"Far"})";
  presence_.is_away = true;
  Learn();
  EXPECT_THAT(presence_.announced, IsEmpty());
  presence_.is_away = false;
  Learn();
  EXPECT_THAT(presence_.announced, ElementsAre("Far "));
}

TEST_F(RemoteNamesTest, ThatAreNoTextOrTooLongAreLeftOut) {
  events_.content = StrCat(R"({"membership":"join","avatar_url":5,"displayname":")",
                           std::string(RemoteNames::kMaxNameBytes + 1, 'x'), R"("})");
  Learn();
  EXPECT_THAT(presence_.announced, ElementsAre(" "));
}

}  // namespace
}  // namespace parley::gateway
