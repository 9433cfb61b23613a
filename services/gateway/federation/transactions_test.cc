#include "services/gateway/federation/transactions.h"

#include <atomic>
#include <thread>

#include <absl/synchronization/notification.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "common/status/matrix_error.h"
#include "common/testing/manual_clock.h"

namespace parley::gateway {
namespace {

class TransactionsTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Once(const std::string& origin, const std::string& txn_id,
                                   const Transactions::Work& work) {
    return transactions_.Once(origin, txn_id, absl::Now() + absl::Seconds(20), work);
  }
  Transactions::Work Answering(const std::string& answer) {
    return [this, answer] {
      ++done_;
      return answer;
    };
  }

  testing::ManualClock clock_;
  Transactions transactions_{clock_};
  std::atomic<int> done_ = 0;
};

TEST_F(TransactionsTest, ARepeatedOneGetsTheFirstAnswer) {
  EXPECT_EQ(*Once("a", "1", Answering("first")), "first");
  EXPECT_EQ(*Once("a", "1", Answering("second")), "first");
  EXPECT_EQ(done_, 1);
}

TEST_F(TransactionsTest, EachServerHasIdsOfItsOwn) {
  EXPECT_EQ(*Once("a", "1", Answering("of a")), "of a");
  EXPECT_EQ(*Once("b", "1", Answering("of b")), "of b");
}

TEST_F(TransactionsTest, OneThatComesManyTimesAtOnceIsDoneOnce) {
  absl::Notification begun, go_on;
  std::thread first([&] {
    const auto slow = [&]() -> absl::StatusOr<std::string> {
      begun.Notify();
      go_on.WaitForNotification();
      return "answer";
    };
    EXPECT_EQ(*Once("a", "1", slow), "answer");
  });
  begun.WaitForNotification();
  std::vector<std::thread> others;
  for (int i = 0; i < 8; ++i) {
    others.emplace_back([&] { EXPECT_EQ(*Once("a", "1", Answering("another")), "answer"); });
  }
  go_on.Notify();
  first.join();
  for (std::thread& other : others) other.join();
  EXPECT_EQ(done_, 0);
}

TEST_F(TransactionsTest, AFailedOneMayBeTriedAgain) {
  const auto failing = []() -> absl::StatusOr<std::string> { return absl::UnavailableError("no"); };
  EXPECT_FALSE(Once("a", "1", failing).ok());
  EXPECT_EQ(*Once("a", "1", Answering("now")), "now");
}

TEST_F(TransactionsTest, WhoWaitsTooLongIsToldToComeAgain) {
  absl::Notification begun, go_on;
  std::thread first([&] {
    const auto slow = [&]() -> absl::StatusOr<std::string> {
      begun.Notify();
      go_on.WaitForNotification();
      return "answer";
    };
    EXPECT_TRUE(Once("a", "1", slow).ok());
  });
  begun.WaitForNotification();
  const auto answer =
      transactions_.Once("a", "1", absl::Now() + absl::Milliseconds(20), Answering("another"));
  EXPECT_TRUE(HasErrcode(answer.status(), "M_LIMIT_EXCEEDED"));
  go_on.Notify();
  first.join();
}

TEST_F(TransactionsTest, AnAnswerIsForgottenAfterAWhile) {
  EXPECT_EQ(*Once("a", "1", Answering("first")), "first");
  clock_.Advance(absl::Minutes(11));
  EXPECT_EQ(*Once("a", "1", Answering("second")), "second");
}

}  // namespace
}  // namespace parley::gateway
