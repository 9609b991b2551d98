#include "drivers/spsc_queue.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stop_token>
#include <thread>
#include <utility>

namespace propriod::drivers {
namespace {

TEST(SpscQueue, GivesValuesInTheOrderTheyCame) {
  SpscQueue<int> queue(4);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.try_push(int{i}));
  int value = -1;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(queue.try_pop(value));
    EXPECT_EQ(value, i);
  }
  EXPECT_FALSE(queue.try_pop(value));
}

TEST(SpscQueue, RoundsItsCapacityUpToAPowerOfTwo) {
  EXPECT_EQ(SpscQueue<int>(1).capacity(), 1U);
  EXPECT_EQ(SpscQueue<int>(5).capacity(), 8U);
}

TEST(SpscQueue, LeavesAValueUntouchedWhenItIsFull) {
  SpscQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(1)));
  auto refused = std::make_unique<int>(2);
  EXPECT_FALSE(queue.try_push(std::move(refused)));
  // NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that it was not moved from is the point.
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(*refused, 2);
  // NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
}

TEST(SpscQueue, GoesRoundItsSlotsAnyNumberOfTimes) {
  SpscQueue<int> queue(4);
  int value = -1;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(queue.try_push(int{i}));
    ASSERT_TRUE(queue.try_push(int{-i}));
    EXPECT_EQ(queue.size(), 2U);
    ASSERT_TRUE(queue.try_pop(value));
    ASSERT_EQ(value, i);
    ASSERT_TRUE(queue.try_pop(value));
    ASSERT_EQ(value, -i);
  }
  EXPECT_EQ(queue.size(), 0U);
}

TEST(SpscQueue, LosesAndReordersNothingBetweenTwoThreads) {
  constexpr int kValues = 300'000;
  SpscQueue<int> queue(64);
  std::jthread writer([&](const std::stop_token& stop) {
    for (int i = 0; i < kValues && !stop.stop_requested();) {
      if (queue.try_push(int{i})) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  for (int expected = 0; expected < kValues;) {
    int value = -1;
    if (queue.try_pop(value)) {
      ASSERT_EQ(value, expected++);
    } else {
      std::this_thread::yield();
    }
  }
}

}  // namespace
}  // namespace propriod::drivers
