#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/bus/memory_bus.h"
#include "services/presence/client_json.h"
#include "services/presence/directory.h"

// Seed S40–S42: to others, who hides and who is away are the same, in every byte and at every
// moment. Two users do the same in sight; out of sight one does everything, the other nothing.
namespace parley::presence {
namespace {

constexpr absl::Duration kMoment = absl::Milliseconds(250);

// A server of one user, and all that somebody else gets to see of it.
class World {
 public:
  void Do(const Input& input) { directory_.Apply(kUser, input, now_); }
  void Rename(const std::string& name) { directory_.SetProfile(kUser, {name, {}}, true); }
  void Restart() {
    const SavedUser saved = directory_.Save(kUser);
    directory_.~Directory();
    new (&directory_) Directory(config_, bus_, 0, ++epoch_, now_);
    SavedUser read = saved;
    read.presence.own = View();
    read.presence.shown = View{.last_active = saved.presence.shown.last_active};
    directory_.Restore(std::move(read), now_);
    seen_ = 0;
  }

  // A moment passes, and the other one looks: at the stream as a sync does, at the status by GET.
  void Pass() {
    now_ += kMoment;
    directory_.Tick(now_);
    directory_.Read(kUser, [&](const Directory::User* user, stream::EphemeralPosition) {
      if (user == nullptr) return;
      const View& view = user->presence.shown;
      if (user->shown_at > seen_)
        Record(EventJson(kUser, view, user->profile.value_or(Profile()), Words::kAll, now_));
      seen_ = user->shown_at;
      Record(StatusJson(view, Words::kPlain, now_));
    });
  }

  const std::vector<std::string>& recorded() const { return recorded_; }
  State own() const {
    State state = State::kOffline;
    directory_.Read(kUser, [&](const Directory::User* user, stream::EphemeralPosition) {
      if (user != nullptr) state = user->presence.own.state;
    });
    return state;
  }

 private:
  static constexpr char kUser[] = "@alice:a";

  void Record(const std::string& bytes) {
    recorded_.push_back(StrCat(absl::ToUnixMillis(now_), " ", bytes));
  }

  const Config config_;
  bus::MemoryBus bus_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  int64_t epoch_ = 1;
  Directory directory_{config_, bus_, 0, 1, now_};
  int64_t seen_ = 0;
  std::vector<std::string> recorded_;
};

// Something that only who hides does.
Input InSecret(std::mt19937& random) {
  const std::string device(1, static_cast<char>('A' + random() % 4));
  switch (random() % 6) {
    case 0:
      return Chosen{device, State::kHidden, StrCat("message ", random() % 3)};
    case 1:
      return StreamSeen{device, State::kUnavailable};
    case 2:
      return StreamEnded{device};
    case 3:
      return Acted{};
    default:
      return StreamSeen{device};
  }
}

// In sight, some time before going.
void Appear(std::mt19937& random, World& hidden, World& absent) {
  const int moments = static_cast<int>(random() % 60);
  for (int i = 0; i < moments; ++i) {
    const Input input = random() % 4 == 0 ? Input(Acted{}) : Input(StreamSeen{"A"});
    for (World* world : {&hidden, &absent}) {
      world->Do(input);
      world->Pass();
    }
  }
}

void Vanish(std::mt19937& random, World& hidden, World& absent) {
  hidden.Do(Chosen{"A", State::kHidden, "not for you"});
  absent.Do(Chosen{"A", State::kOffline});
  const int moments = static_cast<int>(random() % 2000);
  for (int i = 0; i < moments; ++i) {
    if (random() % 2 == 0) hidden.Do(InSecret(random));
    if (random() % 200 == 0) {
      const std::string name = StrCat("Alice ", random() % 5);
      hidden.Rename(name);
      absent.Rename(name);
    }
    if (random() % 500 == 0) {
      hidden.Restart();
      absent.Restart();
    }
    hidden.Pass();
    absent.Pass();
  }
}

TEST(Hidden, CannotBeToldFromAbsentByAnyByteOrMoment) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    World hidden, absent;
    for (int round = 0; round < 3; ++round) {
      Appear(random, hidden, absent);
      Vanish(random, hidden, absent);
      ASSERT_EQ(hidden.own(), State::kHidden);
      for (World* world : {&hidden, &absent}) world->Do(Chosen{"A", State::kOnline});
      hidden.Pass();
      absent.Pass();
    }
    ASSERT_EQ(hidden.recorded(), absent.recorded()) << "seed " << seed;
  }
}

// What the test above must be able to find.
TEST(Hidden, ARecordShowsWhoIsThere) {
  World online, absent;
  online.Do(StreamSeen{"A"});
  online.Pass();
  absent.Pass();
  EXPECT_NE(online.recorded(), absent.recorded());
}

}  // namespace
}  // namespace parley::presence
