#include "config/names.hpp"

#include <gtest/gtest.h>

#include <string>

namespace propriod::config {
namespace {

TEST(Names, AreLowerCaseLettersDigitsUnderscoresAndHyphens) {
  for (const auto* name : {"a", "0", "bed", "bed-2_left", "status2"}) EXPECT_TRUE(valid_name(name)) << name;
  for (const auto* name : {"", "Bed", "-bed", "_bed", "bed room", "bed/2", "bed+", "#", "b\xc3\xa4r", "bed\n"}) {
    EXPECT_FALSE(valid_name(name)) << name;
  }
}

TEST(Names, HaveAtMost32Characters) {
  EXPECT_TRUE(valid_name(std::string(32, 'a')));
  EXPECT_FALSE(valid_name(std::string(33, 'a')));
}

TEST(Names, AreNotTopicsOfTheirOwn) {
  for (const auto* name : {"status", "model", "event", "command", "person"}) EXPECT_FALSE(valid_name(name)) << name;
}

}  // namespace
}  // namespace propriod::config
