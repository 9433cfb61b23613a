#include "services/federation/delivery_marks.h"

#include <gtest/gtest.h>

namespace parley::federation {
namespace {

TEST(DeliveryMarks, StandAtWhatWasReadWhenNobodyWaits) {
  DeliveryMarks marks({3, 0});
  EXPECT_EQ(marks.Mark(0), 3);
  marks.Read(0, 9);
  EXPECT_EQ(marks.Mark(0), 9);
  EXPECT_EQ(marks.Mark(1), 0);
}

TEST(DeliveryMarks, StopBeforeTheFirstEventThatAnyServerWaitsFor) {
  DeliveryMarks marks({0});
  marks.Hold(0, 5);
  marks.Hold(0, 5);
  marks.Hold(0, 7);
  marks.Read(0, 9);
  EXPECT_EQ(marks.Mark(0), 4);
  marks.Release(0, 5);
  EXPECT_EQ(marks.Mark(0), 4);
  marks.Release(0, 5);
  EXPECT_EQ(marks.Mark(0), 6);
  marks.Release(0, 7);
  EXPECT_EQ(marks.Mark(0), 9);
}

TEST(DeliveryMarks, NeverGoBack) {
  DeliveryMarks marks({8});
  marks.Read(0, 2);
  EXPECT_EQ(marks.Mark(0), 8);
}

}  // namespace
}  // namespace parley::federation
