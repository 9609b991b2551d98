#include "drivers/parse_number.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace propriod::drivers {
namespace {

using std::chrono::nanoseconds;

TEST(ParseNumber, TakesAWholeFieldWithBlanksAround) {
  double number = 0;
  EXPECT_TRUE(parse_number(" -3.5\t", number));
  EXPECT_EQ(number, -3.5);
  EXPECT_TRUE(parse_number("6.1E-4", number));
  EXPECT_EQ(number, 6.1e-4);
  std::int64_t count = 0;
  EXPECT_TRUE(parse_number("-9223372036854775808", count));
  EXPECT_EQ(count, INT64_MIN);
}

TEST(ParseNumber, RefusesEverythingElseAndLeavesTheNumberAlone) {
  double number = 7;
  for (const auto* field : {"", " ", "1,5", "1.5x", "x", "1 2", "nan", "inf", "-infinity", "1e999", "0x10"}) {
    EXPECT_FALSE(parse_number(field, number)) << field;
  }
  EXPECT_EQ(number, 7);
  float narrow = 7;
  EXPECT_FALSE(parse_number("1e39", narrow));
  std::uint8_t count = 7;
  EXPECT_FALSE(parse_number("256", count));
  EXPECT_FALSE(parse_number("-1", count));
  EXPECT_FALSE(parse_number("1.0", count));
  EXPECT_EQ(count, 7);
}

TEST(ParseSeconds, IsExactWhereFloatingPointWouldRound) {
  nanoseconds time{};
  EXPECT_TRUE(parse_seconds("100000000.123456789", time));
  EXPECT_EQ(time, nanoseconds{100'000'000'123'456'789});
  EXPECT_TRUE(parse_seconds(" -0.000001 ", time));
  EXPECT_EQ(time, nanoseconds{-1000});
  EXPECT_TRUE(parse_seconds("12.", time));
  EXPECT_EQ(time, std::chrono::seconds{12});
  EXPECT_TRUE(parse_seconds("0.0200000000000000004", time));
  EXPECT_EQ(time, std::chrono::milliseconds{20});
}

TEST(ParseSeconds, RefusesWhatIsNoDecimalAndTimesBeyondTenYears) {
  nanoseconds time{7};
  for (const auto* field : {"", "-", ".", ".5", "+1", "1e3", "--1", "1.2.3", "1.-2", "1 2", "315569520", "-315569520",
                            "99999999999999999999"}) {
    EXPECT_FALSE(parse_seconds(field, time)) << field;
  }
  EXPECT_EQ(time, nanoseconds{7});
  EXPECT_TRUE(parse_seconds("315569519.999999999", time));
}

}  // namespace
}  // namespace propriod::drivers
