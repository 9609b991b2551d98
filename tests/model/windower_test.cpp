#include "model/windower.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <vector>

namespace propriod::model {
namespace {

using drivers::BootTime;
using drivers::Sample;
using std::chrono::milliseconds;
using testing::ElementsAre;

/// Sample k of a ramp: at k milliseconds, with x = k, y = 100 + k, z = 200 + k.
Sample ramp(int k) {
  const auto value = static_cast<float>(k);
  return {BootTime{milliseconds{k}}, {value, 100 + value, 200 + value}};
}

/// Pushes samples `first` … `last` and returns where the windows that got complete start.
std::vector<int> starts(Windower& windower, int first, int last, bool after_gap) {
  std::vector<int> result;
  for (int k = first; k <= last; ++k) {
    if (windower.push(ramp(k), after_gap && k == first)) {
      result.push_back(static_cast<int>(windower.start().time_since_epoch() / milliseconds{1}));
    }
  }
  return result;
}

TEST(Windower, CutsOverlappingWindows) {
  Windower windower({.length = 100, .step = 60});
  EXPECT_THAT(starts(windower, 0, 399, true), ElementsAre(0, 60, 120, 180, 240, 300));
  EXPECT_EQ(windower.counters().windows, 6U);
  EXPECT_EQ(windower.counters().partial_windows, 0U);
}

TEST(Windower, RestartsAfterAGapAndCountsThePartialWindow) {
  Windower windower({.length = 4, .step = 2});
  EXPECT_THAT(starts(windower, 0, 6, true), ElementsAre(0, 2));  // the window at 4 stays partial
  EXPECT_THAT(starts(windower, 10, 14, true), ElementsAre(10));  // and none spans the gap
  EXPECT_EQ(windower.counters().partial_windows, 1U);
}

TEST(Windower, CountsNoPartialWindowWhenAGapComesBetweenTwo) {
  Windower windower({.length = 4, .step = 4});
  EXPECT_THAT(starts(windower, 0, 3, true), ElementsAre(0));
  EXPECT_THAT(starts(windower, 10, 13, true), ElementsAre(10));
  EXPECT_EQ(windower.counters().partial_windows, 0U);
}

TEST(Windower, WritesWindowsAxisByAxisOldestFirst) {
  Windower windower({.length = 3, .step = 2});
  EXPECT_THAT(starts(windower, 0, 4, true), ElementsAre(0, 2));
  std::vector<float> window(9);
  windower.copy_to(window);
  EXPECT_THAT(window, ElementsAre(2, 3, 4, 102, 103, 104, 202, 203, 204));
  EXPECT_EQ(windower.end(), BootTime{milliseconds{4}});
}

}  // namespace
}  // namespace propriod::model
