#include "daemon/calibration_dialogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "drivers/sample.hpp"

namespace propriod::daemon {
namespace {

using namespace std::chrono_literals;
using drivers::PreciseAcceleration;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kG = drivers::kStandardGravityMps2;

/// A hand with a sensor in it, 100 samples a second.
class Hand {
 public:
  explicit Hand(CalibrationDialogue& dialogue) : dialogue_(dialogue) {}

  /// All that is said while the sensor lies like this.
  std::vector<std::string> hold(const PreciseAcceleration& up, double seconds) {
    std::vector<std::string> said;
    const double length = std::hypot(up[0], up[1], up[2]);
    for (int i = 0; i < static_cast<int>(seconds * 100); ++i) {
      time_ += 10ms;
      PreciseAcceleration reading{};
      for (std::size_t axis = 0; axis < 3; ++axis) {
        reading[axis] = up[axis] / length * kG / kTrue.scale[axis] + kTrue.offset_mps2[axis] + 0.03 * noise_(random_);
      }
      if (auto text = dialogue_.hear(time_, reading); !text.empty()) said.push_back(std::move(text));
    }
    return said;
  }

  static constexpr drivers::Calibration kTrue{.offset_mps2 = {0.4, -0.3, 0.9}, .scale = {1.02, 0.97, 1.01}};

 private:
  CalibrationDialogue& dialogue_;
  drivers::BootTime time_{};
  std::mt19937 random_{7};
  std::normal_distribution<double> noise_;
};

void expect_true_values(const CalibrationDialogue& dialogue) {
  const auto fit = drivers::fit_calibration(dialogue.positions());
  for (std::size_t axis = 0; axis < 3; ++axis) {
    EXPECT_NEAR(fit.offset_mps2[axis], Hand::kTrue.offset_mps2[axis], 0.02);
    EXPECT_NEAR(fit.scale[axis], Hand::kTrue.scale[axis], 0.002);
  }
}

TEST(CalibrationDialogue, LeadsThroughSixFacesInAnyOrder) {
  CalibrationDialogue dialogue(CalibrationDialogue::Method::kFaces, 2s);
  Hand hand(dialogue);
  EXPECT_THAT(dialogue.status(), HasSubstr("x up"));
  EXPECT_THAT(hand.hold({0, 0, 1}, 2.5),
              ElementsAre(AllOf(HasSubstr("z up is done (1 of 6)"), HasSubstr("Next: x up"))));
  EXPECT_THAT(hand.hold({0, 0, 1}, 10), IsEmpty());  // still there: nothing new
  for (const PreciseAcceleration& up : std::vector<PreciseAcceleration>{{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}}) {
    EXPECT_THAT(hand.hold(up, 2.5), ElementsAre(HasSubstr("is done")));
    EXPECT_FALSE(dialogue.complete());
  }
  EXPECT_THAT(dialogue.status(), HasSubstr("z down"));
  EXPECT_THAT(hand.hold({0, 0, -1}, 2.5), ElementsAre("z down is done (6 of 6)."));
  EXPECT_TRUE(dialogue.complete());
  expect_true_values(dialogue);
}

TEST(CalibrationDialogue, AsksAgainForAFaceThatMovedOrLayAskew) {
  CalibrationDialogue dialogue(CalibrationDialogue::Method::kFaces, 3s);
  Hand hand(dialogue);
  hand.hold({1, 0, 0}, 2);
  EXPECT_THAT(dialogue.status(), HasSubstr("x up: still, 2 s more"));
  EXPECT_THAT(hand.hold({0, 1, 0}, 0.5), ElementsAre(HasSubstr("It moved")));
  EXPECT_THAT(hand.hold({1, 1, 0}, 3.5), ElementsAre(HasSubstr("It lies askew")));
  EXPECT_THAT(dialogue.positions(), IsEmpty());
  EXPECT_THAT(hand.hold({1, 0.1, 0}, 3.5), ElementsAre(HasSubstr("x up is done")));
}

TEST(CalibrationDialogue, TakesPositionsOfASphereUntilTheyTellEverything) {
  CalibrationDialogue dialogue(CalibrationDialogue::Method::kSphere, 1s);
  Hand hand(dialogue);
  std::mt19937 random{3};
  std::normal_distribution<double> direction;
  int held = 0;
  for (; held < 100 && !dialogue.complete(); ++held) {
    hand.hold({direction(random), direction(random), direction(random)}, 1.3);
  }
  EXPECT_TRUE(dialogue.complete());
  EXPECT_GE(dialogue.positions().size(), 12U);
  EXPECT_LT(dialogue.positions().size(), 25U);
  expect_true_values(dialogue);
}

TEST(CalibrationDialogue, SaysWhatASphereLacks) {
  CalibrationDialogue dialogue(CalibrationDialogue::Method::kSphere, 1s);
  Hand hand(dialogue);
  std::vector<std::string> said;
  for (int i = 0; i < 16; ++i) {  // around z
    for (auto& text : hand.hold({std::cos(i * 0.4), std::sin(i * 0.4), 0}, 1.3)) said.push_back(std::move(text));
  }
  EXPECT_FALSE(dialogue.complete());
  EXPECT_THAT(said.back(), AllOf(HasSubstr("Not enough"), HasSubstr("six sides")));
  hand.hold({1, 0, 0}, 10);  // the same position again is none
  EXPECT_LE(dialogue.positions().size(), 16U);
}

}  // namespace
}  // namespace propriod::daemon
