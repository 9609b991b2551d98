#include "drivers/serial_diagnosis.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <optional>
#include <string>

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
                                   std::chrono::seconds time) {
    std::optional<std::string> said;
    for (const auto until = now_ + time; now_ < until; now_ += 100ms) {
      understood_ += understood * static_cast<double>(text.size());
      samples_ += samples;
      if (auto words = diagnosis.observe(bytes_of(text), static_cast<std::uint64_t>(understood_), samples_, now_)) {
        said = words;
      }
    }
    return said;
  }

  SerialDiagnosis diagnosis;

 private:
  BootTime now_{1h};
  double understood_ = 0;
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
  EXPECT_THAT(line.bring("1,2,3\r\n", 1, 4, 60s), Optional(AllOf(HasSubstr("40.0"), HasSubstr("50"))));
  EXPECT_THAT(line.bring("1,2,3\r\n", 1, 5, 60s), Optional(std::string()));
}

TEST(SerialDiagnosis, AFewBytesSayNothing) {
  Line line(kLines);
  EXPECT_EQ(line.bring("?", 0, 0, 3s), std::nullopt);
}

}  // namespace
}  // namespace propriod::drivers
