#include <gmock/gmock.h>

#include "services/parley/test_server.h"

// What one gateway gave out is good at another (architecture §5).
namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int kSecond = 1;

// The events of a room in the answer of a sync.
std::vector<std::string> EventsIn(const json::Object& sync, const std::string& room) {
  const json::Object* part = &sync;
  for (const std::string& key :
       {std::string("rooms"), std::string("join"), room, std::string("timeline")}) {
    part = json::FindObject(*part, key);
    if (part == nullptr) return {};
  }
  std::vector<std::string> ids;
  for (const json::Value& event : *json::FindArray(*part, "events")) {
    ids.emplace_back(json::StringOr(*event.AsObject(), "event_id", ""));
  }
  return ids;
}

class TwoGateways : public testing::Test {
 protected:
  json::Object SyncAtTheSecond(const std::string& token, const std::string& since) {
    return server_.Ask("GET", StrCat("sync?timeout=0&since=", since), token, "", kSecond);
  }

  TestServer server_{rpc::NoObserver(), store::Probe::Silent(), /*gateways=*/2};
};

TEST_F(TwoGateways, GoOnFromEachOthersSyncTokens) {
  const std::string alice = server_.Register("alice");
  const std::string room = server_.MakeRoom(alice);
  server_.Send(alice, room, "before");
  const std::string since = server_.SyncToEnd(alice);
  const std::string first = server_.Send(alice, room, "first"),
                    second = server_.Send(alice, room, "second");
  const json::Object answer = SyncAtTheSecond(alice, since);
  EXPECT_THAT(EventsIn(answer, room), ElementsAre(first, second));
  const std::string next(json::StringOr(answer, "next_batch", ""));
  EXPECT_THAT(EventsIn(server_.Ask("GET", StrCat("sync?timeout=0&since=", next), alice), room),
              IsEmpty());
}

TEST_F(TwoGateways, KnowOfEachOthersLogoutsAtOnce) {
  const std::string alice = server_.Register("alice");
  server_.Ask("GET", "account/whoami", alice, "", kSecond);
  server_.Ask("POST", "logout", alice);
  EXPECT_THAT(server_.Exchange("GET", "account/whoami", alice, "", kSecond),
              StartsWith("HTTP/1.1 401"));
}

}  // namespace
}  // namespace parley
