#include "common/stream/writer.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/bus/memory_bus.h"
#include "common/status/macros.h"
#include "common/status/wrong_owner.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/temporary_folder.h"

namespace parley::stream {
namespace {

constexpr uint32_t kPartitions = 16;
constexpr Partition kOne = 1;

std::vector<store::Migration> Schema() {
  return {{.service = "notes",
           .number = 1,
           .tables = {{"notes",
                       {{"p"}, {"pos"}, {"id", store::Type::kText}},
                       {"p", "pos"},
                       {{"notes_by_id", {"p", "id"}, true}}}}}};
}

Appended Note(int64_t first, std::string id, int64_t count = 1) {
  Appended appended;
  for (int64_t i = 0; i < count; ++i) {
    appended.batch.Insert("notes",
                          {{"p", kOne}, {"pos", first + i}, {"id", i ? StrCat(id, i) : id}});
  }
  appended.count = count;
  appended.keys = {std::move(id)};
  return appended;
}

class StreamWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = *store::OpenSqlite({.path = folder_.path() + "/store.db"}, Schema());
    Open();
    wakes_ = bus_.Subscribe(bus::Interest::All(), [this](const bus::Wake& wake) {
      absl::MutexLock lock(&mutex_);
      StrAppend(&woken_, wake.service, "/", wake.partition, ":", wake.position, "=", wake.key, " ");
    });
  }
  void TearDown() override { wakes_.reset(); }

  void Open() {
    streams_.reset();
    streams_ = *Streams::Open(*store_, bus_, "notes", kPartitions);
  }

  StreamWriter& writer() { return streams_->For(kOne); }

  absl::StatusOr<int64_t> Add(std::string id, int64_t count = 1) {
    return writer().AppendAndWait([&](int64_t first) { return Note(first, std::move(id), count); });
  }

  // Queues a note and prints its outcome.
  void Queue(std::string id) {
    const absl::Status queued =
        writer().Append([&](int64_t first) { return Note(first, id); },
                        [this](absl::StatusOr<int64_t> outcome) { Print(outcome); });
    if (!queued.ok()) Print(queued);
  }

  void Print(const absl::StatusOr<int64_t>& outcome) {
    absl::MutexLock lock(&mutex_);
    StrAppend(&outcomes_,
              outcome.ok() ? StrCat(*outcome) : absl::StatusCodeToString(outcome.status().code()),
              " ");
  }

  // Everything that was queued has its outcome, and a reset is over.
  void Settle() { ASSERT_TRUE(store_->Commit({}).ok()); }

  // Occupies the committer until the returned notification is sent, so that what is queued
  // meanwhile is one group.
  std::shared_ptr<absl::Notification> HoldCommitter() {
    auto release = std::make_shared<absl::Notification>();
    auto held = std::make_shared<absl::Notification>();
    EXPECT_TRUE(store_
                    ->Enqueue({}, std::nullopt,
                              [=](absl::Status) {
                                held->Notify();
                                release->WaitForNotification();
                              })
                    .ok());
    held->WaitForNotification();
    return release;
  }

  TemporaryFolder folder_;
  bus::MemoryBus bus_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Streams> streams_;
  bus::Bus::SubscriptionPtr wakes_;
  absl::Mutex mutex_;
  std::string woken_;
  std::string outcomes_;
};

TEST_F(StreamWriterTest, GivesPositionsWithoutGapsAndWakesForEach) {
  EXPECT_EQ(*Add("a"), 1);
  EXPECT_EQ(*Add("b", 2), 2);
  EXPECT_EQ(*Add("c"), 4);
  EXPECT_EQ(writer().committed_head(), 4);
  EXPECT_EQ(woken_, "notes/1:1=a notes/1:2=b notes/1:3=b notes/1:4=c ");
}

TEST_F(StreamWriterTest, WakesEveryKeyOfAPosition) {
  ASSERT_TRUE(writer()
                  .AppendAndWait([](int64_t first) {
                    Appended appended = Note(first, "x");
                    appended.keys = {"@a:b", "@c:d"};
                    return appended;
                  })
                  .ok());
  EXPECT_EQ(woken_, "notes/1:1=@a:b notes/1:1=@c:d ");
}

TEST_F(StreamWriterTest, TakesNoPositionAndWakesNobodyForAWriteThatNobodyFollows) {
  EXPECT_EQ(*Add("a"), 1);
  woken_.clear();
  EXPECT_EQ(*writer().AppendAndWait(
                [](int64_t) { return Appended{.batch = {}, .count = 0, .keys = {}}; }),
            1);
  EXPECT_EQ(writer().committed_head(), 1);
  EXPECT_EQ(woken_, "");
  EXPECT_EQ(*Add("b"), 2);
}

TEST_F(StreamWriterTest, GoesOnWhereItWasAfterARestart) {
  EXPECT_EQ(*Add("a"), 1);
  Open();
  EXPECT_EQ(writer().committed_head(), 1);
  EXPECT_EQ(writer().epoch(), 2);
  EXPECT_EQ(*Add("b"), 2);
}

TEST_F(StreamWriterTest, ChangesNothingWhenBuildFails) {
  EXPECT_TRUE(absl::IsNotFound(writer()
                                   .AppendAndWait([](int64_t) -> absl::StatusOr<Appended> {
                                     return absl::NotFoundError("");
                                   })
                                   .status()));
  EXPECT_EQ(*Add("a"), 1);
}

TEST_F(StreamWriterTest, FailsAllThatWasBuiltOnAFailureAndThenGoesOn) {
  const int64_t before = writer().generation();
  ASSERT_TRUE(Add("taken").ok());
  int resets = 0;
  writer().OnReset([&] { ++resets; });
  const auto release = HoldCommitter();
  for (const char* id : {"a", "taken", "b", "c"}) Queue(id);
  release->Notify();
  Settle();
  EXPECT_EQ(outcomes_, "2 ALREADY_EXISTS UNAVAILABLE UNAVAILABLE ");
  EXPECT_EQ(resets, 1);
  EXPECT_EQ(writer().generation(), before + 1);
  EXPECT_EQ(writer().committed_head(), 2);
  EXPECT_EQ(*Add("d"), 3);
}

TEST_F(StreamWriterTest, RefusesAppendsUntilTheOwnerHasDroppedItsState) {
  const int64_t before = writer().generation();
  ASSERT_TRUE(Add("taken").ok());
  writer().OnReset([&] {
    EXPECT_TRUE(
        absl::IsUnavailable(writer().Append([](int64_t first) { return Note(first, "x"); }, {})));
  });
  EXPECT_TRUE(absl::IsAlreadyExists(Add("taken").status()));
  Settle();
  EXPECT_EQ(writer().generation(), before + 1);
  EXPECT_TRUE(Add("y").ok());
}

TEST_F(StreamWriterTest, IsLostOnceAnotherOwnerTookThePartition) {
  ASSERT_TRUE(Add("a").ok());
  int resets = 0;
  writer().OnReset([&] { ++resets; });
  ASSERT_TRUE(store_->TakeOver("notes", {kOne}).ok());
  EXPECT_FALSE(Add("b").ok());
  Settle();
  EXPECT_TRUE(writer().lost());
  EXPECT_EQ(resets, 1);
  EXPECT_TRUE(absl::IsAborted(Add("c").status()));
}

TEST_F(StreamWriterTest, TakesAppendsWhileItsPartitionIsOwned) {
  ASSERT_TRUE(Add("a").ok());
  const int64_t before = writer().generation();
  streams_->ClosePartitions({kOne});
  EXPECT_FALSE(streams_->Owns(kOne));
  EXPECT_TRUE(IsWrongOwner(Add("b").status()));
  EXPECT_EQ(streams_->Owned().size(), kPartitions - 1);
  ASSERT_TRUE(streams_->OpenPartitions({kOne}).ok());
  EXPECT_GT(writer().generation(), before);
  EXPECT_TRUE(Add("b").ok());
  EXPECT_EQ(writer().committed_head(), 2);
}

TEST_F(StreamWriterTest, OrdersAppendsOfManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(Add(StrCat(t, "-", i)).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(writer().committed_head(), 400);
  std::string expected;
  int64_t next = 1;
  ASSERT_TRUE(store_
                  ->Read([&](store::Reader& reader) {
                    return reader.Query("SELECT pos, id FROM notes WHERE p = $1 ORDER BY pos",
                                        {kOne}, [&](const store::Row& row) {
                                          EXPECT_EQ(row.Int(0), next++);
                                          StrAppend(&expected, "notes/1:", row.Int(0), "=",
                                                    row.Text(1), " ");
                                        });
                  })
                  .ok());
  EXPECT_EQ(woken_, expected);
}

}  // namespace
}  // namespace parley::stream
