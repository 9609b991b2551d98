#include "drivers/csv_line.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "drivers/csv_line_decoder.hpp"
#include "drivers/sample.hpp"
#include "tests/drivers/serial_stream.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"

namespace propriod::drivers {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::SizeIs;
using Kind = CsvLine::Kind;
using tests::csv_line;

constexpr CsvLineDecoder::Options kMilliseconds{.mps2_per_unit = 1, .us_per_time_unit = 1000, .rate_hz = 50};

TEST(CsvLine, TakesAnyOfTheSeparators) {
  for (const auto* text : {"0.5,-1,9.81", "0.5;-1;9.81", "0.5 -1 9.81", "0.5\t-1\t9.81", " 0.5, -1,\t9.81 ",
                           "0.5,-1,9.81,", "0.5;-1;9.81;", "+0.5   -1  9.81 "}) {
    const auto line = parse_csv_line(text);
    EXPECT_EQ(line.kind, Kind::kReading) << text;
    EXPECT_THAT(line.axes, ElementsAre(0.5, -1, 9.81)) << text;
    EXPECT_EQ(line.time, std::nullopt) << text;
    EXPECT_FALSE(line.checked) << text;
  }
}

TEST(CsvLine, TakesATimeInFront) {
  for (const auto* text : {"81220,1,2,3", "81220;1;2;3;", "81220 1 2 3", "81220,x:1,y:2,z:3"}) {
    const auto line = parse_csv_line(text);
    EXPECT_EQ(line.kind, Kind::kReading) << text;
    EXPECT_THAT(line.time, Optional(81220)) << text;
    EXPECT_THAT(line.axes, ElementsAre(1, 2, 3)) << text;
  }
}

TEST(CsvLine, TakesLabelsAndAUnitBehind) {
  for (const auto* text : {"X: 0.1 Y: -0.2 Z: 9.8", "X: 0.1  Y: -0.2  Z: 9.8  m/s^2 ", "x=0.1, y=-0.2, z=9.8",
                           "X:0.1\tY:-0.2\tZ:9.8", "0.1 -0.2 9.8 g", "X: 0.1, Y: -0.2, Z: 9.8,"}) {
    const auto line = parse_csv_line(text);
    EXPECT_EQ(line.kind, Kind::kReading) << text;
    EXPECT_THAT(line.axes, ElementsAre(0.1, -0.2, 9.8)) << text;
  }
  EXPECT_EQ(parse_csv_line("X: 0.1 Z: -0.2 Y: 9.8").kind, Kind::kMalformed);
}

TEST(CsvLine, AChecksumHasToFit) {
  const auto line = parse_csv_line("1,2,3*30");
  EXPECT_EQ(line.kind, Kind::kReading);
  EXPECT_TRUE(line.checked);
  EXPECT_THAT(line.axes, ElementsAre(1, 2, 3));
  EXPECT_TRUE(parse_csv_line("$12,-4,255*28").checked);
  for (const auto* text : {"1,2,3*31", "1,2,3*3", "1,2,3*030", "1,2,3*", "1,2,3*+3", "1,2,4*30"}) {
    EXPECT_EQ(parse_csv_line(text).kind, Kind::kMalformed) << text;
  }
}

TEST(CsvLine, TellsWordsFromDamage) {
  for (const auto* text : {"ADXL345 ready", "rst cause:2, boot mode:(3,6)", "x,y,z,time"}) {
    EXPECT_EQ(parse_csv_line(text).kind, Kind::kText) << text;
  }
  EXPECT_EQ(parse_csv_line("# battery 3.9 V").kind, Kind::kComment);
  for (const auto* text : {"", "1,2", "1,2,3,4,5", "1,,3", ",1,2,3", "1,2,3.4.5", "1,2,nan", "1,2,inf", "1,2,3-",
                           "#.2,1,2", "1,2,0x3", "1,2,3,,", "*", "12,-4\xff,255", "\x01\x02"}) {
    EXPECT_EQ(parse_csv_line(text).kind, Kind::kMalformed) << text;
  }
  EXPECT_EQ(parse_csv_line("1,2,34,5,6").fields, 5U);
}

TEST(CsvLineDecoder, DropsTheFirstLineBecauseItMayBePartOfOne) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto readings = feed(decoder, "2,3\r\n4,5,6\r\n7,8,9\r\n");
  ASSERT_THAT(readings, SizeIs(2));
  EXPECT_THAT(readings[0].accel_mps2, ElementsAre(4, 5, 6));
  EXPECT_FALSE(readings[0].before.resynchronised);
  EXPECT_EQ(readings[0].before.lost, 0U);
}

TEST(CsvLineDecoder, SkipsWhatIsPrintedBeforeTheData) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto readings = feed(decoder, ",9.8\nADXL345 ready\n\xff\xfe\n# x,y,z in m/s2\n1,2\n4,5,6\n");
  ASSERT_THAT(readings, SizeIs(1));
  EXPECT_EQ(readings[0].before.lost, 0U);
  EXPECT_FALSE(readings[0].before.gap);
}

TEST(CsvLineDecoder, ScalesByTheUnit) {
  CsvLineDecoder decoder({.mps2_per_unit = kStandardGravityMps2, .us_per_time_unit = 1, .rate_hz = 50});
  const auto readings = feed(decoder, "\n0,-1,0.5\n");
  ASSERT_THAT(readings, SizeIs(1));
  EXPECT_THAT(readings[0].accel_mps2, ElementsAre(0, -9.80665, 4.903325));
}

TEST(CsvLineDecoder, ReadingsThatTheChipCannotMakeAreDamaged) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto readings = feed(decoder, "\n1,2,3\n1,2,1733\n1,2,172\n");
  ASSERT_THAT(readings, SizeIs(2));
  EXPECT_EQ(readings[1].before.lost, 1U);
  EXPECT_TRUE(readings[1].before.resynchronised);
}

TEST(CsvLineDecoder, WithoutATimeADamagedLineIsALostSample) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto readings = feed(decoder, "\n1,2,3\n1,2\n4,5,6\n1,?,3\n1,2,3,4\n7,8,9\n1,2,34,5,6\n7,8,9\n");
  ASSERT_THAT(readings, SizeIs(4));
  EXPECT_EQ(readings[1].before.lost, 1U);
  EXPECT_EQ(readings[2].before.lost, 2U);
  EXPECT_EQ(readings[3].before.lost, 2U);  // two lines without the end between them
  for (const auto& reading : readings) EXPECT_EQ(reading.time_us, std::nullopt);
}

TEST(CsvLineDecoder, WithoutATimeWordsInMidStreamAreAGap) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto readings = feed(decoder, "\n1,2,3\n# comment\n1,2,3\n4,ADXL345 ready\n4,5,6\n");
  ASSERT_THAT(readings, SizeIs(3));
  EXPECT_FALSE(readings[1].before.gap);
  EXPECT_TRUE(readings[2].before.gap);
  EXPECT_EQ(readings[2].before.lost, 0U);
}

TEST(CsvLineDecoder, OverlongLinesAreDamaged) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto readings = feed(decoder, "\n1,2,3\n" + std::string(100'000, '1') + "\n4,5,6\n");
  ASSERT_THAT(readings, SizeIs(2));
  EXPECT_EQ(readings[1].before.lost, 1U);
}

TEST(CsvLineDecoder, OnceThereWasAChecksumEveryLineNeedsOne) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto readings = feed(decoder, "\n1,2,3*30\n1,2,3\n1,2,3*30\n");
  ASSERT_THAT(readings, SizeIs(2));
  EXPECT_EQ(readings[1].before.lost, 1U);
}

TEST(CsvLineDecoder, SeveralLinesOverruleAFirstOneThatWasDamaged) {
  CsvLineDecoder decoder(kMilliseconds);
  std::string text = "\n100,2,13\n";  // a separator is missing
  for (int t = 120; t <= 300; t += 20) text += std::to_string(t) + ",1,2,3\n";
  const auto readings = feed(decoder, text);
  ASSERT_THAT(readings, SizeIs(1 + 10 - 3));
  EXPECT_EQ(lost_in(readings), 3U);
  EXPECT_EQ(readings[1].time_us, 180'000);
  EXPECT_TRUE(readings[1].before.gap);
}

/// Lines at `times`, in ms, that tell their place in the list by x.
std::string timed(const std::vector<std::int64_t>& times) {
  std::string text;
  int i = 0;
  for (const auto time : times) text += std::to_string(time) + "," + std::to_string(i++ % 100) + ",0,9.8\n";
  return text;
}

std::vector<std::int64_t> steady(std::int64_t from, std::int64_t to, std::int64_t step = 20) {
  std::vector<std::int64_t> times;
  for (auto time = from; time <= to; time += step) times.push_back(time);
  return times;
}

std::vector<std::int64_t> operator+(std::vector<std::int64_t> a, const std::vector<std::int64_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(CsvLineDecoder, TimesTellHowManyAreMissing) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto readings = feed(decoder, "\n" + timed(steady(1000, 1100) + steady(1180, 1300)));
  ASSERT_THAT(readings, SizeIs(13));
  EXPECT_EQ(lost_in(readings), 3U);
  EXPECT_EQ(readings[6].before.lost, 3U);
  EXPECT_EQ(readings[6].time_us, 1'180'000);
}

TEST(CsvLineDecoder, DamagedLinesAreNotCountedTwiceWhereTimesTell) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto readings =
      feed(decoder, "\n" + timed(steady(1000, 1100)) + "1120,1\n1140,1,2,31160,1,2,3\n" + timed(steady(1180, 1300)));
  EXPECT_THAT(readings, SizeIs(13));
  EXPECT_EQ(lost_in(readings), 3U);
  EXPECT_TRUE(readings.at(6).before.resynchronised);
}

TEST(CsvLineDecoder, ADamagedTimeIsLostAndNothingElse) {
  for (const auto damaged : {1, 112, 9120, 11'120, 112'000'000}) {
    CsvLineDecoder decoder(kMilliseconds);
    const auto readings =
        feed(decoder, "\n" + timed(steady(1000, 1100) + std::vector<std::int64_t>{damaged} + steady(1140, 1300)));
    EXPECT_THAT(readings, SizeIs(15)) << damaged;
    EXPECT_EQ(lost_in(readings), 1U) << damaged;
    for (const auto& reading : readings) EXPECT_FALSE(reading.before.restarted || reading.before.gap) << damaged;
  }
}

TEST(CsvLineDecoder, ADamagedTimeThatIsNearlyRightDisturbsNothing) {
  for (const auto damaged : {1111, 1115, 1119, 1121, 1129}) {
    CsvLineDecoder decoder(kMilliseconds);
    const auto readings =
        feed(decoder, "\n" + timed(steady(1000, 1100) + std::vector<std::int64_t>{damaged} + steady(1140, 1300)));
    EXPECT_THAT(readings, SizeIs(16)) << damaged;
    EXPECT_EQ(lost_in(readings), 0U) << damaged;
  }
}

TEST(CsvLineDecoder, ARestartIsSeenByTimesThatBeginAnew) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto readings = feed(decoder, "\n" + timed(steady(90'000, 90'100) + steady(1610, 1700)));
  ASSERT_THAT(readings, SizeIs(11));
  EXPECT_EQ(lost_in(readings), 0U);
  EXPECT_TRUE(readings[6].before.restarted);
  EXPECT_TRUE(readings[6].before.gap);
  EXPECT_EQ(readings[6].time_us, 1'610'000);
}

TEST(CsvLineDecoder, TimesThatTurnRoundAreNoRestart) {
  std::vector<std::int64_t> times;
  for (int i = 0; i < 20; ++i) times.push_back((4'294'967'296 - 190 + 20 * i) % 4'294'967'296);
  for (const double us_per_time_unit : {1.0, 1000.0}) {
    auto options = kMilliseconds;
    options.us_per_time_unit = us_per_time_unit;
    options.rate_hz = 50'000 / us_per_time_unit;
    CsvLineDecoder decoder(options);
    const auto readings = feed(decoder, "\n" + timed(times));
    ASSERT_THAT(readings, SizeIs(20));
    for (std::size_t i = 1; i < readings.size(); ++i) {
      EXPECT_EQ(*readings[i].time_us - *readings[i - 1].time_us, std::llround(20 * us_per_time_unit));
      EXPECT_FALSE(readings[i].before.restarted);
      EXPECT_EQ(readings[i].before.lost, 0U);
    }
  }
}

TEST(CsvLineDecoder, ARestartInTheSecondHalfOfTheCounterIsNoTurn) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto readings = feed(decoder, "\n" + timed(steady(3'000'000'000, 3'000'000'100) + steady(1610, 1700)));
  ASSERT_THAT(readings, SizeIs(11));
  EXPECT_EQ(lost_in(readings), 0U);
  EXPECT_TRUE(readings[6].before.restarted);
}

TEST(CsvLineDecoder, LearnsAPeriodThatIsNoWholeNumberOfMilliseconds) {
  for (const double rate_hz : {60.0, 62.5, 104.0, 400.0}) {  // configured: within a few per cent of it
    for (const double true_hz : {rate_hz, 0.97 * rate_hz, 1.05 * rate_hz}) {
      auto options = kMilliseconds;
      options.rate_hz = rate_hz;
      CsvLineDecoder decoder(options);
      std::vector<std::int64_t> times;
      for (int i = 0; i < 2000; ++i) {
        if (i == 1000) i += 321;
        times.push_back(static_cast<std::int64_t>(5000 + 1000 * i / true_hz));
      }
      const auto readings = feed(decoder, "\n" + timed(times));
      EXPECT_EQ(readings.size(), times.size());
      EXPECT_NEAR(static_cast<double>(lost_in(readings)), 321, 1 + 0.01 * 321) << rate_hz << " Hz, truly " << true_hz;
      std::size_t interrupted = 0;
      for (const auto& reading : readings) interrupted += reading.before.lost > 0 || reading.before.gap ? 1U : 0U;
      EXPECT_EQ(interrupted, 1U) << rate_hz << " Hz, truly " << true_hz;
    }
  }
}

TEST(CsvLineDecoder, ARateConfiguredWrongByFarIsAGapUntilThePeriodIsLearnt) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto readings = feed(decoder, "\n" + timed(steady(1000, 11'000, 100)));
  ASSERT_THAT(readings, SizeIs(101));
  EXPECT_EQ(lost_in(readings), 0U);
  EXPECT_TRUE(readings[1].before.gap);
  EXPECT_FALSE(readings[40].before.gap);
}

TEST(CsvLineDecoder, TimesInSecondsHaveDecimals) {
  auto options = kMilliseconds;
  options.us_per_time_unit = 1e6;
  CsvLineDecoder decoder(options);
  const auto readings = feed(decoder, "\n1.00,1,2,3\n1.02,1,2,3\n1.04,1,2,3\n1.08,1,2,3\n1.10,1,2,3\n");
  ASSERT_THAT(readings, SizeIs(5));
  EXPECT_EQ(readings[1].time_us, 1'020'000);
  EXPECT_EQ(readings[3].before.lost, 1U);
}

TEST(CsvLineDecoder, CountsWhatADeviceSentWhileTheLineWasCut) {
  CsvLineDecoder decoder(kMilliseconds);
  const auto before = feed(decoder, "\n" + timed(steady(1000, 1100)) + "1120,1,");
  decoder.reconnected();
  const auto after = feed(decoder, "2,3\n" + timed(steady(3000, 3100)));
  EXPECT_THAT(before, SizeIs(6));
  EXPECT_THAT(after, SizeIs(6));
  EXPECT_EQ(lost_in(after), 94U);  // 1120 … 2980
}

TEST(CsvLineDecoder, WithoutATimeACutLineIsAGap) {
  CsvLineDecoder decoder(kMilliseconds);
  static_cast<void>(feed(decoder, "\n1,2,3\n1,"));
  decoder.reconnected();
  const auto after = feed(decoder, "2,3\n4,5,6\n");
  ASSERT_THAT(after, SizeIs(1));
  EXPECT_TRUE(after[0].before.gap);
  EXPECT_EQ(after[0].before.lost, 0U);
}

}  // namespace
}  // namespace propriod::drivers
