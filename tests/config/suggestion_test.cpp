#include "config/suggestion.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

namespace propriod::config {
namespace {

constexpr std::array<std::string_view, 4> kKnown{"rate", "speed", "seed", "unknown_below"};

TEST(DidYouMean, FindsSlipsOfOneFinger) {
  EXPECT_EQ(did_you_mean("rat", kKnown), "rate");
  EXPECT_EQ(did_you_mean("raet", kKnown), "rate");
  EXPECT_EQ(did_you_mean("rste", kKnown), "rate");
  EXPECT_EQ(did_you_mean("unkown-belov", kKnown), "unknown_below");
}

TEST(DidYouMean, PrefersTheNearest) {
  EXPECT_EQ(did_you_mean("sped", kKnown), "speed");
  EXPECT_EQ(did_you_mean("seedd", kKnown), "seed");
}

TEST(DidYouMean, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(did_you_mean("", kKnown), std::nullopt);
  EXPECT_EQ(did_you_mean("mount", kKnown), std::nullopt);
  EXPECT_EQ(did_you_mean(std::string(100'000, 'r'), kKnown), std::nullopt);
}

}  // namespace
}  // namespace propriod::config
