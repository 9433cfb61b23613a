#include <filesystem>

#include <sqlite3.h>

#include <gmock/gmock.h>

#include "services/events/aliases.h"
#include "services/events/create_room.h"
#include "services/events/erased_users.h"
#include "services/events/federation/key_cache.h"
#include "services/events/federation/room_joins.h"
#include "services/events/graph/graph.h"
#include "services/events/room_write.h"
#include "services/events/test_service.h"

// Architecture §6: state is small, whatever the size of the room.
namespace parley::events {
namespace {

// The full number where the compiler optimises.
#ifdef NDEBUG
constexpr int kJoins = 100'000;
#else
constexpr int kJoins = 10'000;
#endif
constexpr int kPerCommit = 1000;

// Every join is a real event, signed and authorised; only the commits are larger than clients would make them. Writes
// through streams of its own: the service of `service()` has lost its partitions.
class Crowd {
 public:
  Crowd() : streams_(*stream::Streams::Open(service_.store(), service_.bus(), kStream, service_.config().partitions)) {}

  std::string Create() {
    v1::CreateRoomRequest request;
    *request.mutable_requester() = TestService::As("alice");
    request.set_body(R"({"preset":"public_chat"})");
    const auto response = CreateNewRoom(context_, {}, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response->room_id();
  }

  void Fill(const std::string& room) {
    int64_t json_bytes = 0;
    for (int joined = 0; joined < kJoins; joined += kPerCommit) {
      const auto write = RoomWrite::Open(context_, room);
      EXPECT_TRUE(write.ok()) << write.status();
      for (int i = joined; i < joined + kPerCommit; ++i) json_bytes += Join(**write, i);
      EXPECT_TRUE((*write)->Commit({}).ok());
    }
    json_bytes_ = json_bytes;
  }

  int64_t Join(RoomWrite& write, int number) {
    const std::string user = TestService::Id(absl::StrCat("user", number));
    const auto added = write.Add({UserId::Trusted(user), "m.room.member", user,
                                  {{"membership", "join"}, {"displayname", absl::StrCat("User ", number)}}});
    EXPECT_TRUE(added.ok()) << added.status();
    return added->pdu->bytes.size();
  }

  TestService& service() { return service_; }
  RoomCache& rooms() { return rooms_; }
  int64_t json_bytes() const { return json_bytes_; }

 private:
  TestService service_;
  std::unique_ptr<stream::Streams> streams_;
  RoomCache rooms_{service_.store(), *streams_, 1 << 30};
  AliasLanes alias_lanes_;
  DeviceChangeMarks device_changes_{0};
  ErasedUsers erased_{service_.store(), *streams_};
  Outbox outbox_{service_.store(), *streams_, service_.accounts_client(), service_.config().server_name};
  KeyCache keys_{nullptr, service_.config().server_name, service_.key(), service_.clock()};
  RoomJoins room_joins_;
  Context context_{service_.config(), service_.store(), *streams_, service_.key(), service_.clock(),
                   service_.rng(),    rooms_,           outbox_,   service_.accounts_client(), alias_lanes_,
                   device_changes_, erased_, service_.bus(), service_.owners(), service_.room_owners(), nullptr, keys_, room_joins_, graph_};
  Graph graph_{context_, 0};
  int64_t json_bytes_ = 0;
};

int64_t BytesAfterCheckpoint(const std::string& path) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  return std::filesystem::file_size(path);
}

// Pages that a query fetches, from SQLite's own count of cache hits and misses.
class PageCount {
 public:
  explicit PageCount(const std::string& path) { sqlite3_open(path.c_str(), &db_); }
  ~PageCount() { sqlite3_close(db_); }

  int64_t Of(const std::string& sql, int64_t* rows) {
    int64_t before = Pages();
    *rows = 0;
    EXPECT_EQ(sqlite3_exec(db_, sql.c_str(),
                           [](void* rows, int, char**, char**) { return ++*static_cast<int64_t*>(rows), 0; }, rows,
                           nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(db_);
    return Pages() - before;
  }

 private:
  int64_t Pages() {
    int hits = 0, misses = 0, unused = 0;
    sqlite3_db_status(db_, SQLITE_DBSTATUS_CACHE_HIT, &hits, &unused, 0);
    sqlite3_db_status(db_, SQLITE_DBSTATUS_CACHE_MISS, &misses, &unused, 0);
    return hits + misses;
  }
  sqlite3* db_ = nullptr;
};

TEST(Growth, AHundredThousandJoinsTakeLessThanTwiceTheirJson) {
  Crowd crowd;
  const std::string room = crowd.Create();
  crowd.Fill(room);
  const auto loaded = crowd.rooms().Get(room);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)->state.Count(event::Membership::kJoin), kJoins + 1u);

  // Half of the joins are in the answer; what else is read must not grow with the room.
  const Partition p = (*loaded)->partition;
  const RoomNid nid = (*loaded)->nid;
  const int64_t middle = nid + kJoins / 2;
  size_t answer = 0;
  ASSERT_TRUE(crowd.service().store().Read([&](store::Reader& db) -> absl::Status {
    answer = StateAt(db, p, nid, middle)->size();
    return absl::OkStatus();
  }).ok());
  EXPECT_NEAR(answer, kJoins / 2, 10);

  crowd.service().Close();
  const int64_t bytes = BytesAfterCheckpoint(crowd.service().path());
  RecordProperty("store_bytes", absl::StrCat(bytes));
  RecordProperty("json_bytes", absl::StrCat(crowd.json_bytes()));
  std::printf("store %ld bytes, JSON %ld bytes: %.2f times\n", static_cast<long>(bytes),
              static_cast<long>(crowd.json_bytes()), static_cast<double>(bytes) / crowd.json_bytes());
  EXPECT_LT(bytes, 2 * crowd.json_bytes());

  PageCount pages(crowd.service().path());
  int64_t rows = 0;
  const int64_t narrow = pages.Of(
      absl::StrCat("SELECT event_pos FROM events_state WHERE p = ", p, " AND room = ", nid, " AND from_pos > 0 AND from_pos <= ",
                   middle),
      &rows);
  EXPECT_EQ(static_cast<size_t>(rows), answer);
  int64_t none = 0;
  const int64_t empty = pages.Of(absl::StrCat("SELECT event_pos FROM events_past_state WHERE p = ", p, " AND room = ", nid,
                                              " AND node = ", middle, " AND to_pos > ", middle),
                                 &none);
  std::printf("state at event %d: %ld pages for %ld rows, %ld for a node without any\n", kJoins / 2,
              static_cast<long>(narrow), static_cast<long>(rows), static_cast<long>(empty));
  // One look-up in the clustered tree a row, and the index itself.
  EXPECT_LT(narrow, 6 * rows);
  EXPECT_LT(empty, 16);
}

}  // namespace
}  // namespace parley::events
