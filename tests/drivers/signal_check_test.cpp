#include "drivers/signal_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>

#include "drivers/recording_file.hpp"
#include "drivers/sample.hpp"
#include "drivers/sleeper.hpp"

namespace propriod::drivers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kStepMps2 = kStandardGravityMps2 / 256;  // 3.9 mg
constexpr double kRangeMps2 = 2 * kStandardGravityMps2;

/// A check and a sensor before it.
class SignalCheckTest : public testing::TestWithParam<double> {
 protected:
  using Signal = std::function<PreciseAcceleration(double time_s)>;

  void run(double seconds, const Signal& signal, double rate_hz = 50) {
    const auto samples = static_cast<int>(seconds * rate_hz);
    for (int i = 0; i < samples; ++i) {
      time_s_ += 1 / rate_hz;
      const auto reading = signal(time_s_);
      check_.observe(at(time_s_), reading, calibration_.apply(reading));
    }
  }

  static BootTime at(double time_s) {
    return BootTime{std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(time_s))};
  }

  /// What an ADXL345 makes of `truth`: 3.9 mg steps and the noise of 100 Hz.
  PreciseAcceleration measured(const PreciseAcceleration& truth) {
    PreciseAcceleration reading{};
    constexpr std::array<double, 3> kNoise{0.75, 0.75, 1.1};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      reading[axis] = std::round(truth[axis] / kStepMps2 + kNoise[axis] * normal_(random_)) * kStepMps2;
    }
    return reading;
  }
  PreciseAcceleration still(double) { return measured({0.7, 2.1, 9.5}); }
  PreciseAcceleration walking(double time_s) {
    return measured({3 * std::sin(6 * time_s), 2 * std::cos(5 * time_s), 9.8 + 4 * std::sin(11 * time_s)});
  }
  Signal still_signal() {
    return [this](double t) { return still(t); };
  }
  Signal walking_signal() {
    return [this](double t) { return walking(t); };
  }

  SignalCheck check_{kRangeMps2};
  Calibration calibration_;
  double time_s_ = 1000;
  std::mt19937 random_{1};
  std::normal_distribution<double> normal_;
};

TEST_P(SignalCheckTest, SaysNothingOfASensorAtRestOrOnAWalk) {
  run(40, still_signal(), GetParam());
  EXPECT_THAT(check_.in_words(), IsEmpty());
  run(40, walking_signal(), GetParam());
  EXPECT_THAT(check_.in_words(), IsEmpty());
}

TEST_P(SignalCheckTest, FindsAnAxisThatSticksAndItsEnd) {
  run(20, walking_signal(), GetParam());
  run(
      12,
      [this](double t) {
        return PreciseAcceleration{walking(t)[0], 1.25, walking(t)[2]};
      },
      GetParam());
  EXPECT_THAT(check_.in_words(), ElementsAre(HasSubstr("y is stuck")));
  run(2, walking_signal(), GetParam());
  EXPECT_THAT(check_.in_words(), IsEmpty());
}

TEST_P(SignalCheckTest, FindsASensorThatGivesNoNewMeasurements) {
  run(20, still_signal(), GetParam());
  run(
      12,
      [](double) {
        return PreciseAcceleration{0.1, 0.2, 9.8};
      },
      GetParam());
  EXPECT_THAT(check_.in_words(), ElementsAre(HasSubstr("no new measurements")));
  run(6, still_signal(), GetParam());
  EXPECT_THAT(check_.in_words(), IsEmpty());
}

TEST_P(SignalCheckTest, ForgetsThatItMeasuredNothingOnceSomebodyWalks) {
  run(
      10,
      [this](double) {
        return measured({0.05, 0, 0.05});
      },
      GetParam());
  EXPECT_THAT(check_.in_words(), ElementsAre(HasSubstr("measures nothing")));
  run(11, walking_signal(), GetParam());
  EXPECT_THAT(check_.in_words(), IsEmpty());
}

TEST_P(SignalCheckTest, FindsClippingAndItsEnd) {
  run(10, walking_signal(), GetParam());
  const auto clipped = [this](double t) {
    auto reading = walking(t);
    reading[2] = std::clamp(reading[2] * 2.5, -1.996 * kStandardGravityMps2, 1.996 * kStandardGravityMps2);
    return reading;
  };
  run(11, clipped, GetParam());
  EXPECT_THAT(check_.in_words(), ElementsAre(testing::AllOf(HasSubstr("z clips"), HasSubstr("raise `range`"))));
  run(70, walking_signal(), GetParam());
  EXPECT_THAT(check_.in_words(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(AtAnyRate, SignalCheckTest, testing::Values(1, 12.5, 50, 400, 3200),
                         [](const auto& rate) { return std::to_string(static_cast<int>(rate.param)) + "Hz"; });

using SignalCheckAt50Hz = SignalCheckTest;
INSTANTIATE_TEST_SUITE_P(Once, SignalCheckAt50Hz, testing::Values(50));

TEST_P(SignalCheckAt50Hz, FindsAnAxisThatSticksOnASensorAtRest) {
  run(12, [this](double t) { return PreciseAcceleration{0, still(t)[1], still(t)[2]}; });
  EXPECT_THAT(check_.in_words(), ElementsAre(HasSubstr("x is stuck")));
}

TEST_P(SignalCheckAt50Hz, FindsTwoAxesThatStick) {
  run(12, [this](double t) { return PreciseAcceleration{0, walking(t)[1], 9.8}; });
  EXPECT_THAT(check_.in_words(), ElementsAre(HasSubstr("x and z are stuck")));
}

TEST_P(SignalCheckAt50Hz, TakesASensorOfCoarseStepsForWhatItIs) {
  const auto coarse = [](double t) {  // 31 mg a step, lying on a table, touched once
    return PreciseAcceleration{std::floor(t) == 1003 ? 0.306 : 0, 0.612, 9.8};
  };
  run(55, coarse);
  EXPECT_THAT(check_.in_words(), IsEmpty());
  run(20, coarse);
  EXPECT_THAT(check_.in_words(), ElementsAre(HasSubstr("no new measurements")));
}

TEST_P(SignalCheckAt50Hz, DoesNotTakeASingleKnockForClipping) {
  run(20, [this](double t) {
    auto reading = walking(t);
    if (std::fmod(t, 5) < 0.03) reading[0] = kRangeMps2;
    return reading;
  });
  EXPECT_THAT(check_.in_words(), IsEmpty());
}

TEST_P(SignalCheckAt50Hz, FindsANormThatIsNotGravityUntilItIsCalibrated) {
  const auto with_offset = [this](double) { return measured({0.1, 0.2, 11.3}); };
  run(15, with_offset);
  EXPECT_THAT(check_.in_words(), ElementsAre(HasSubstr("at rest it measures 11.3 m/s², 15 % more than gravity")));
  run(15, walking_signal());
  EXPECT_THAT(check_.in_words(), ElementsAre(HasSubstr("at rest")));  // nobody has seen it at rest since
  calibration_.offset_mps2[2] = 1.5;
  run(15, with_offset);
  EXPECT_THAT(check_.in_words(), IsEmpty());
}

TEST_P(SignalCheckAt50Hz, NamesTheUnitThatReadingsAreIn) {
  const auto in_unit = [this](double one_g) {
    return [this, one_g](double t) {
      auto reading = still(t);
      for (double& axis : reading) axis *= one_g / kStandardGravityMps2;
      return reading;
    };
  };
  SignalCheck& check = check_;
  run(12, in_unit(1));
  EXPECT_THAT(check.in_words(), ElementsAre(HasSubstr("set `unit: g`")));
  run(12, in_unit(1000));
  EXPECT_THAT(check.in_words(), testing::Contains(HasSubstr("set `unit: mg`")));
  run(12, in_unit(256));
  EXPECT_THAT(check.in_words(), testing::Contains(HasSubstr("set `unit: raw`")));
}

TEST_P(SignalCheckAt50Hz, KeepsToItsAnswerWhereReadingsInGMoveSlowly) {
  const Signal turning = [](double t) {  // within what is still in m/s²: some blocks average 0.5, others 1.1
    return PreciseAcceleration{0.45 * std::sin(0.5 * t), std::fmod(0.1 * t, 2) - 1, 0.7 + 0.15 * std::cos(0.5 * t)};
  };
  run(6, turning);
  const auto first = check_.in_words();
  EXPECT_THAT(first, ElementsAre(HasSubstr("set `unit: g`")));
  for (int block = 0; block < 12; ++block) {
    run(5, turning);
    ASSERT_EQ(check_.in_words(), first) << "block " << block;
  }
}

TEST_P(SignalCheckAt50Hz, TakesNoiseAroundNothingForNothing) {
  run(12, [this](double) { return measured({0, 0.05, -0.1}); });
  EXPECT_THAT(check_.in_words(), ElementsAre(HasSubstr("check its power")));
}

TEST_P(SignalCheckAt50Hz, BeginsAnewAfterASilence) {
  const auto frozen = [](double) { return PreciseAcceleration{0.1, 0.2, 9.8}; };
  run(9, frozen);
  time_s_ += 60;
  run(9, frozen);
  EXPECT_THAT(check_.in_words(), IsEmpty());
}

TEST(SignalCheck, SaysNothingOfTheSimulatedSleeper) {
  for (const auto placement : {SleeperPlacement::kChest, SleeperPlacement::kNeck, SleeperPlacement::kAbdomen}) {
    Sleeper sleeper({.seed = 3, .placement = placement});
    SignalCheck check{kRangeMps2};
    for (int i = 0; i < 50 * 600; ++i) {
      const auto sample = sleeper.next().accel_mps2;
      const PreciseAcceleration reading{sample[0], sample[1], sample[2]};
      check.observe(BootTime{std::chrono::milliseconds{20 * i}}, reading, reading);
      ASSERT_THAT(check.in_words(), IsEmpty()) << "second " << i / 50;
    }
  }
}

TEST(SignalCheck, SaysNothingOfRealRecordings) {
  std::size_t recordings = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(PROPRIOD_TEST_DATA) / "watch")) {
    if (entry.path().extension() != ".gz") continue;
    ++recordings;
    SignalCheck check{16 * kStandardGravityMps2};
    for (const auto& sample : read_recording(entry.path()).samples) {
      const PreciseAcceleration reading{sample.accel_mps2[0], sample.accel_mps2[1], sample.accel_mps2[2]};
      check.observe(BootTime{sample.time}, reading, reading);
      if (!check.in_words().empty()) {
        ADD_FAILURE() << entry.path().filename() << " at " << static_cast<double>(sample.time.count()) * 1e-9
                      << " s: " << check.in_words().front();
        break;
      }
    }
  }
  EXPECT_GT(recordings, 100U);
}

}  // namespace
}  // namespace propriod::drivers
