#include "drivers/backoff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;
using testing::Ge;
using testing::Le;

std::vector<std::chrono::milliseconds> waits(Backoff& backoff, int count) {
  std::vector<std::chrono::milliseconds> drawn;
  for (int i = 0; i < count; ++i) drawn.push_back(backoff.next());
  return drawn;
}

TEST(Backoff, DoublesUpToTheLongestAndDrawsBetweenHalfAndAllOfIt) {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    Backoff backoff{{.first = 500ms, .longest = 3s, .seed = seed}};
    for (const auto ceiling : {500ms, 1000ms, 2000ms, 3000ms, 3000ms}) {
      const auto wait = backoff.next();
      EXPECT_THAT(wait, Ge(ceiling / 2));
      EXPECT_THAT(wait, Le(ceiling));
    }
  }
}

TEST(Backoff, StartsAgainAfterAReset) {
  Backoff backoff{{.first = 500ms, .longest = 60s, .seed = 1}};
  waits(backoff, 10);
  backoff.reset();
  EXPECT_LE(backoff.next(), 500ms);
}

TEST(Backoff, DrawsTheSameWaitsFromTheSameSeedAndOthersFromAnother) {
  Backoff one{{.seed = 1}};
  Backoff same{{.seed = 1}};
  Backoff other{{.seed = 2}};
  const auto drawn = waits(one, 5);
  EXPECT_EQ(drawn, waits(same, 5));
  EXPECT_NE(drawn, waits(other, 5));
}

}  // namespace
}  // namespace propriod::drivers
