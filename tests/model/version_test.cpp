#include "model/version.hpp"

#include <gtest/gtest.h>

namespace propriod::model {
namespace {

using std::chrono::milliseconds;

TEST(Version, IsTheUtcTimeInMillisecondsAndTheCounter) {
  const std::chrono::system_clock::time_point time{milliseconds{1795446245007}};
  EXPECT_EQ(make_version(time, 7), "20261123T150405.007Z-7");
  EXPECT_EQ(counter_of(make_version(time, 7)), 7U);
  EXPECT_EQ(make_version(std::chrono::system_clock::time_point{milliseconds{-1}}, 1), "19691231T235959.999Z-1");
}

TEST(Version, IsNothingElse) {
  EXPECT_EQ(counter_of("20261123T150405.007Z-999999999999999999"), 999999999999999999U);
  for (const char* name :
       {"", ".", "..", "current", "../20261123T150405.007Z-7", "20261123T150405.007Z-", "20261123T150405.007Z-0",
        "20261123T150405.007Z-07", "20261123T150405.007Z-+7", "20261123T150405.007Z-7/", "20261123T150405Z-7",
        "20261123t150405.007Z-7", "20261123T150405.007Z-1000000000000000000"}) {
    EXPECT_EQ(counter_of(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace propriod::model
