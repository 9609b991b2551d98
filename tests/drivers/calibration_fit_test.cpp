#include "drivers/calibration_fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "drivers/sample.hpp"
#include "drivers/still_windows.hpp"

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A sensor with errors of its own: what it says of a true acceleration, on average over a window.
class ImperfectSensor {
 public:
  ImperfectSensor(Calibration errors, double noise_mps2, unsigned seed)
      : errors_(errors), noise_mps2_(noise_mps2), random_(seed) {}

  PreciseAcceleration read(const PreciseAcceleration& truth) {
    PreciseAcceleration reading{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      reading[axis] = truth[axis] / errors_.scale[axis] + errors_.offset_mps2[axis] + noise_mps2_ * normal_(random_);
    }
    return reading;
  }

 private:
  Calibration errors_;
  double noise_mps2_;
  std::mt19937 random_;
  std::normal_distribution<double> normal_;
};

PreciseAcceleration gravity_along(double x, double y, double z) {
  const double length = std::hypot(x, y, z);
  return {x / length * kStandardGravityMps2, y / length * kStandardGravityMps2, z / length * kStandardGravityMps2};
}

/// Six faces, each laid down askew by up to 5°.
std::vector<PreciseAcceleration> faces(ImperfectSensor& sensor, unsigned seed) {
  std::mt19937 random{seed};
  std::uniform_real_distribution<double> askew{-0.06, 0.06};
  std::vector<PreciseAcceleration> means;
  for (std::size_t face = 0; face < kFaces; ++face) {
    std::array<double, 3> up{askew(random), askew(random), askew(random)};
    up[face / 2] = face % 2 == 0 ? 1 : -1;
    means.push_back(sensor.read(gravity_along(up[0], up[1], up[2])));
  }
  return means;
}

void expect_found(const Calibration& fit, const Calibration& truth) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    EXPECT_NEAR(fit.offset_mps2[axis], truth.offset_mps2[axis], 0.02) << "axis " << axis;
    EXPECT_NEAR(fit.scale[axis], truth.scale[axis], 0.002) << "axis " << axis;
  }
}

const Calibration kErrors{.offset_mps2 = {1.5, -2.4, 0.7}, .scale = {1.08, 0.93, 1.02}};  // at the chip's limits
constexpr double kMeanNoiseMps2 = 0.005;  // of 100 samples of an ADXL345

TEST(CalibrationFit, FindsTheErrorsOfASensorFromSixFacesLaidDownAskew) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    ImperfectSensor sensor{kErrors, kMeanNoiseMps2, seed};
    const auto means = faces(sensor, seed);
    expect_found(fit_calibration(means), kErrors);
    EXPECT_GT(residual_mps2({}, means), 1);
  }
}

TEST(CalibrationFit, FindsTheErrorsOfASensorFromPositionsAllOverTheSphere) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    ImperfectSensor sensor{kErrors, kMeanNoiseMps2, seed};
    std::mt19937 random{seed};
    std::normal_distribution<double> direction;
    std::vector<PreciseAcceleration> means;
    for (int i = 0; i < 30; ++i) {
      means.push_back(sensor.read(gravity_along(direction(random), direction(random), direction(random))));
    }
    const auto fit = fit_calibration(means);
    expect_found(fit, kErrors);
    EXPECT_LT(residual_mps2(fit, means), 3 * kMeanNoiseMps2);
    EXPECT_GT(residual_mps2(fit, means), kMeanNoiseMps2 / 3);
  }
}

TEST(CalibrationFit, RefusesPositionsThatLeaveAnAxisOut) {
  ImperfectSensor sensor{kErrors, kMeanNoiseMps2, 1};
  std::vector<PreciseAcceleration> around_z;  // z never far from level: its offset and scale stay unknown
  for (int i = 0; i < 24; ++i) {
    around_z.push_back(sensor.read(gravity_along(std::cos(i * 0.26), std::sin(i * 0.26), i % 2 == 0 ? 0.1 : -0.1)));
  }
  try {
    (void)fit_calibration(around_z);
    FAIL() << "took positions that say nothing of z";
  } catch (const CalibrationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the 24 positions seen do not tell all axes well enough (least of all z)"));
  }
}

TEST(CalibrationFit, RefusesHalfASphereAndTooFewPositions) {
  ImperfectSensor sensor{kErrors, kMeanNoiseMps2, 2};
  std::vector<PreciseAcceleration> upper;
  for (int i = 0; i < 40; ++i) {
    const double tilt = 0.2 + 0.03 * i;
    upper.push_back(
        sensor.read(gravity_along(std::sin(tilt) * std::cos(i), std::sin(tilt) * std::sin(i), std::cos(tilt))));
  }
  EXPECT_THROW((void)fit_calibration(upper), CalibrationError);
  EXPECT_THROW((void)fit_calibration({}), CalibrationError);
  auto five = faces(sensor, 1);
  five.pop_back();
  EXPECT_THROW((void)fit_calibration(five), CalibrationError);
  EXPECT_THROW((void)fit_calibration(std::vector<PreciseAcceleration>(12)), CalibrationError);
}

TEST(CalibrationFit, RefusesReadingsThatNoSoundSensorGives) {
  ImperfectSensor in_g{{.offset_mps2 = {}, .scale = {9.8, 9.8, 9.8}}, 0, 1};
  EXPECT_THAT([&] { (void)fit_calibration(faces(in_g, 1)); },
              testing::ThrowsMessage<CalibrationError>(HasSubstr("check its `unit`")));

  ImperfectSensor sensor{kErrors, 0, 1};
  std::vector<PreciseAcceleration> shaken = faces(sensor, 1);
  for (const auto& mean : faces(sensor, 2)) shaken.push_back({mean[0] * 1.2, mean[1] * 1.2, mean[2] * 1.2});
  EXPECT_THAT([&] { (void)fit_calibration(shaken); },
              testing::ThrowsMessage<CalibrationError>(HasSubstr("held still")));
}

TEST(Faces, AreKnownByTheAxisThatPointsUpOrDown) {
  ImperfectSensor sensor{kErrors, 0, 1};
  const auto shown = faces(sensor, 3);
  for (std::size_t face = 0; face < kFaces; ++face) EXPECT_EQ(face_of(shown[face]), static_cast<Face>(face));
  EXPECT_EQ(to_string(Face::kYDown), "y down");
  EXPECT_EQ(face_of(gravity_along(1, 1, 0)), std::nullopt);
  EXPECT_EQ(face_of({0.1, 0, 0}), std::nullopt);
}

/// Feeds 100 samples a second.
class StillWindowsTest : public testing::Test {
 protected:
  std::optional<PreciseAcceleration> push(const PreciseAcceleration& reading) {
    time_ += 10ms;
    return windows_.push(time_, reading);
  }
  StillWindows windows_{1s};
  BootTime time_{};
};

TEST_F(StillWindowsTest, GiveTheMeanOfEachStillSecond) {
  int windows = 0;
  for (int i = 0; i < 303; ++i) {
    const auto mean = push({0, i % 2 == 0 ? 0.1 : -0.1, 9.8});
    if (!mean) continue;
    ++windows;
    EXPECT_NEAR((*mean)[1], 0, 0.01);
    EXPECT_NEAR((*mean)[2], 9.8, 1e-9);
  }
  EXPECT_EQ(windows, 3);
}

TEST_F(StillWindowsTest, BeginAnewWithEveryMovementAndAfterASilence) {
  for (int i = 0; i < 90; ++i) EXPECT_FALSE(push({0, 0, 9.8}));
  EXPECT_FALSE(push({1, 0, 9.7}));
  EXPECT_EQ(windows_.held(), 0s);
  for (int i = 0; i < 90; ++i) EXPECT_FALSE(push({1, 0, 9.7}));
  EXPECT_EQ(windows_.held(), 900ms);
  time_ += 5s;
  EXPECT_FALSE(push({1, 0, 9.7}));
  EXPECT_EQ(windows_.held(), 0s);
}

}  // namespace
}  // namespace propriod::drivers
