#include "daemon/log_limiter.hpp"

#include <gtest/gtest.h>

namespace propriod::daemon {
namespace {

using namespace std::chrono_literals;

TEST(LogLimiter, LogsANewTextAtOnceAndAnEqualOneOnceAMinuteWithItsCount) {
  const std::chrono::steady_clock::time_point start{1h};
  LogLimiter limiter;
  EXPECT_EQ(limiter.admit("refused", start), 0U);
  EXPECT_EQ(limiter.admit("refused", start + 1s), std::nullopt);
  EXPECT_EQ(limiter.admit("refused", start + 59s), std::nullopt);
  EXPECT_EQ(limiter.admit("refused", start + 60s), 2U);
  EXPECT_EQ(limiter.admit("time-out", start + 61s), 0U);
}

TEST(LogLimiter, TakesEveryTextForNewAfterAReset) {
  const std::chrono::steady_clock::time_point start{1h};
  LogLimiter limiter;
  EXPECT_EQ(limiter.admit("refused", start), 0U);
  limiter.reset();
  EXPECT_EQ(limiter.admit("refused", start + 1s), 0U);
}

}  // namespace
}  // namespace propriod::daemon
