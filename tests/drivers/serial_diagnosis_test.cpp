#include "drivers/serial_diagnosis.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/drivers/serial_stream.hpp"

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Optional;

/// A line that brings `text` ten times a second.
class Line {
 public:
  explicit Line(const SerialDiagnosis::Options& options) : diagnosis(options) {}

  /// What was said in the end, if anything was. `understood`: the share of the bytes that the decoder could use.
  std::optional<std::string> bring(const std::string& text, double understood, std::uint64_t samples,
                                   std::chrono::milliseconds time) {
    std::optional<std::string> said;
    for (const auto until = now_ + time; now_ < until; now_ += 100ms) {
      understood_ += understood * static_cast<double>(text.size());
      samples_ += samples;
      if (us_per_sample) time_us_ += *us_per_sample * static_cast<double>(samples);
      const SerialDiagnosis::Progress progress{
          .understood_bytes = static_cast<std::uint64_t>(understood_),
          .samples = samples_,
          .time_us = us_per_sample ? std::optional(std::llround(time_us_)) : std::nullopt};
      if (auto words = diagnosis.observe(bytes_of(text), progress, now_)) {
        said = words;
      }
    }
    return said;
  }

  /// Goes on until something is said, for `longest`; gives how long that took.
  std::chrono::milliseconds time_to_say(std::string& said,
                                        const std::function<std::optional<std::string>()>& bring_some,
                                        std::chrono::milliseconds longest = 60s) {
    const BootTime begin = now_;
    while (now_ - begin < longest) {
      if (auto words = bring_some()) {
        said = *words;
        break;
      }
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_ - begin);
  }

  SerialDiagnosis diagnosis;
  std::optional<double> us_per_sample;  ///< as the decoder reads the time of lines, where they have one

 private:
  BootTime now_{1h};
  double understood_ = 0;
  double time_us_ = 0;
  std::uint64_t samples_ = 0;
};

constexpr SerialDiagnosis::Options kLines{.baud = 9600, .text = true, .rate_hz = 50};
constexpr SerialDiagnosis::Options kFrames{.baud = 9600, .text = false, .rate_hz = 50};
constexpr auto kNoise = "\x80\xf8\xfe\x1f\x80\xe6\x01\x99\xff\xc0";

TEST(SerialDiagnosis, HasNothingToSayWhenAllIsWell) {
  Line line(kLines);
  EXPECT_EQ(line.bring("1,2,3\r\n", 1, 5, 60s), std::nullopt);
  EXPECT_EQ(line.diagnosis.in_words(), "");
}

TEST(SerialDiagnosis, NamesTheBaudRateAfterThreeSecondsOfNoise) {
  for (const auto& options : {kLines, kFrames}) {
    Line line(options);
    EXPECT_EQ(line.bring(kNoise, 0.1, 0, 3s), std::nullopt);
    EXPECT_THAT(line.bring(kNoise, 0.1, 0, 1s), Optional(AllOf(HasSubstr("9600 baud"), HasSubstr("115200"))));
    EXPECT_EQ(line.bring(kNoise, 0.1, 0, 60s), std::nullopt);  // once
    EXPECT_THAT(line.bring(kNoise, 1, 5, 8s), Optional(std::string()));
  }
}

TEST(SerialDiagnosis, QuotesTextThatIsNotWhatWasConfigured) {
  Line lines(kLines);
  EXPECT_THAT(lines.bring("t=20.1 C\r\n", 0, 0, 4s), Optional(AllOf(HasSubstr("`unit`"), HasSubstr("t=20.1 C  t="))));
  Line frames(kFrames);
  EXPECT_THAT(frames.bring("1,2,3\r\n", 0, 0, 4s), Optional(AllOf(HasSubstr("`format: csv`"), HasSubstr("1,2,3"))));
}

TEST(SerialDiagnosis, QuotesOnlyWhatPrints) {
  Line line(kLines);
  const auto words = line.bring("abcdefghijklmnopqrstuvwxyz\x1b[", 0, 0, 4s);
  ASSERT_TRUE(words);
  EXPECT_EQ(words->find('\x1b'), std::string::npos);
  EXPECT_LT(words->size(), 300U);
}

TEST(SerialDiagnosis, TellsAnotherRateFromAPause) {
  Line line(kLines);
  EXPECT_EQ(line.bring("1,2,3\r\n", 1, 5, 20s), std::nullopt);
  EXPECT_EQ(line.bring("1,2,3\r\n", 1, 0, 3s), std::nullopt);
  EXPECT_EQ(line.bring("1,2,3\r\n", 1, 5, 40s), std::nullopt);
  EXPECT_THAT(line.bring("1,2,3\r\n", 1, 4, 60s), Optional(HasSubstr("`rate` says 50")));
  EXPECT_THAT(line.diagnosis.in_words(), HasSubstr("40.0"));  // once all that it looks at is of that rate
  EXPECT_THAT(line.bring("1,2,3\r\n", 1, 5, 60s), Optional(std::string()));
}

TEST(SerialDiagnosis, NamesTheRateWithinTwelveSecondsToOnePerCent) {
  for (const double configured_hz : {10.0, 100.0}) {
    Line line({.baud = 9600, .text = false, .rate_hz = configured_hz});
    std::string said;
    const auto frame = [&] {  // 15 samples every 300 ms; its bytes come in three reads, the count with the last
      const auto first = line.bring("\x01\x02\x03\x04\x05\x06\x07\x08\x09", 1, 0, 200ms);
      const auto last = line.bring("\x01\x02\x03\x04\x05\x06\x07\x08\x09", 1, 15, 100ms);
      return first ? first : last;
    };
    EXPECT_LE(line.time_to_say(said, frame), 12s);
    EXPECT_THAT(said, AllOf(HasSubstr("sends 50.0 samples"), HasSubstr("`rate`")));
  }
}

TEST(SerialDiagnosis, NamesTheUnitOfTimesByHowTheyAdvance) {
  struct Case {
    double configured_us;
    double us_per_sample;  // as read in that unit
    std::vector<std::string> words;
  };
  const Case cases[] = {{1, 20, {"advance by 20 a sample; at 50 Hz that is ms", "`time_unit: ms`"}},
                        {1e3, 20e6, {"advance by 20000 a sample; at 50 Hz that is us", "`time_unit: us`"}},
                        {1e3, 20, {"advance by 0.02 a sample; at 50 Hz that is s", "`time_unit: s`"}},
                        {1e6, 20e9, {"`time_unit: us`"}},
                        {1e3, 1e3, {"advance by 1 a sample", "neither s, nor ms, nor us"}},  // it counts
                        {1e3, 0, {"advance by 0 a sample", "neither s, nor ms, nor us"}}};
  for (const double rate_hz : {50.0, 100.0}) {  // a wrong rate is another matter
    for (const auto& [configured_us, us_per_sample, words] : cases) {
      Line line({.baud = 9600, .text = true, .rate_hz = rate_hz, .us_per_time_unit = configured_us});
      line.us_per_sample = us_per_sample;
      std::string said;
      EXPECT_LE(line.time_to_say(said, [&] { return line.bring("1,1,2,3\r\n", 1, 5, 100ms); }), 12s);
      for (const auto& some : words) EXPECT_THAT(said, HasSubstr(some));
      EXPECT_TRUE(line.diagnosis.doubts_times());
      line.diagnosis.restart();
      EXPECT_TRUE(line.diagnosis.doubts_times());
      line.us_per_sample = 20e3;
      line.bring("1,1,2,3\r\n", 1, 5, 10s);
      EXPECT_FALSE(line.diagnosis.doubts_times());
    }
  }
}

TEST(SerialDiagnosis, HasNothingToSayOfTimesThatAreTrueOrBeginAnew) {
  Line line({.baud = 9600, .text = true, .rate_hz = 50, .us_per_time_unit = 1e3});
  line.us_per_sample = 20.4e3;  // a resonator
  EXPECT_EQ(line.bring("1,1,2,3\r\n", 1, 5, 20s), std::nullopt);
  line.us_per_sample = -20e6;
  EXPECT_EQ(line.bring("1,1,2,3\r\n", 1, 5, 100ms), std::nullopt);
  line.us_per_sample = 20e3;
  EXPECT_EQ(line.bring("1,1,2,3\r\n", 1, 5, 60s), std::nullopt);
}

TEST(SerialDiagnosis, AFewBytesSayNothing) {
  Line line(kLines);
  EXPECT_EQ(line.bring("?", 0, 0, 3s), std::nullopt);
}

}  // namespace
}  // namespace propriod::drivers
