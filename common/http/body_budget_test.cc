#include "common/http/body_budget.h"

#include <memory>

#include <gtest/gtest.h>

namespace parley::http {
namespace {

constexpr size_t kLarge = BodyBudget::kSmall * 2;

TEST(BodyBudget, HasRoomAgainWhenARequestIsOver) {
  BodyBudget budget(2 * kLarge);
  auto first = std::make_unique<BodyBudget::Share>(budget);
  BodyBudget::Share second(budget), third(budget);
  EXPECT_TRUE(first->Grow(kLarge));
  EXPECT_TRUE(second.Grow(kLarge));
  EXPECT_FALSE(third.Grow(kLarge));
  first.reset();
  EXPECT_TRUE(third.Grow(kLarge));
}

TEST(BodyBudget, CountsWhatABodyHasGrownTo) {
  BodyBudget budget(2 * kLarge);
  BodyBudget::Share first(budget), second(budget);
  EXPECT_TRUE(first.Grow(kLarge));
  EXPECT_TRUE(first.Grow(kLarge + 1));
  EXPECT_FALSE(second.Grow(kLarge));
  EXPECT_TRUE(second.Grow(kLarge - 1));
}

TEST(BodyBudget, SmallBodiesAndOneAloneAlwaysFit) {
  BodyBudget budget(kLarge);
  BodyBudget::Share large(budget), other(budget), small(budget);
  EXPECT_TRUE(large.Grow(100 * kLarge));
  EXPECT_FALSE(other.Grow(kLarge));
  EXPECT_TRUE(small.Grow(BodyBudget::kSmall));
}

}  // namespace
}  // namespace parley::http
