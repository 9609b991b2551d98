#include "train/augmentation.hpp"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <limits>
#include <set>
#include <stdexcept>
#include <string>

namespace propriod::train {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::int64_t kWindows = 2000;

class AugmentationTest : public testing::Test {
 protected:
  AugmentationTest() { torch::manual_seed(11); }
};

torch::Tensor augmented(const torch::Tensor& accel, const AugmentationOptions& options) {
  return Augmentation(options, torch::kCPU)(accel);
}

/// The matrices (N, 3, 3) that are applied: those windows are x, y and z of length 1, one after the other.
torch::Tensor matrices(const AugmentationOptions& options) {
  return augmented(torch::eye(3).repeat({kWindows, 1, 1}), options);
}

torch::Tensor random_windows(std::int64_t windows = 64) { return torch::randn({windows, 3, 100}) * 10; }

const std::vector<AugmentationOptions> kEachAlone{
    {.rotate_degrees = 30}, {.permute_axes = 0.5}, {.time_warp = 0.2}, {.scaling = 0.3}};

TEST_F(AugmentationTest, AllOffGivesTheVeryInputAndDrawsNothing) {
  const auto accel = random_windows();
  torch::manual_seed(3);
  const auto expected = torch::rand(4);
  torch::manual_seed(3);
  EXPECT_TRUE(augmented(accel, {}).is_same(accel));
  EXPECT_TRUE(torch::equal(torch::rand(4), expected));
}

TEST_F(AugmentationTest, LeavesTheInputAloneAndHasNoGradient) {
  for (const auto& options : kEachAlone) {
    auto accel = random_windows().requires_grad_();
    const auto before = accel.detach().clone();
    const auto result = augmented(accel, options);
    EXPECT_TRUE(torch::equal(accel, before));
    EXPECT_FALSE(torch::equal(result, before));
    EXPECT_EQ(result.sizes(), before.sizes());
    EXPECT_FALSE(result.requires_grad());
  }
}

TEST_F(AugmentationTest, RepeatsItselfForASeedAndVariesFromCallToCall) {
  const AugmentationOptions all{.rotate_degrees = 30, .permute_axes = 0.5, .time_warp = 0.2, .scaling = 0.3};
  const auto accel = random_windows();
  torch::manual_seed(5);
  const auto first = augmented(accel, all);
  const auto second = augmented(accel, all);
  torch::manual_seed(5);
  EXPECT_TRUE(torch::equal(augmented(accel, all), first));
  EXPECT_FALSE(torch::equal(second, first));
}

TEST_F(AugmentationTest, TurnsEveryWindowAlikeWhateverElseIsOn) {
  torch::manual_seed(5);
  const auto alone = matrices({.rotate_degrees = 30});
  torch::manual_seed(5);
  const auto scaled = matrices({.rotate_degrees = 30, .scaling = 0.3});
  EXPECT_TRUE(torch::allclose(scaled / scaled.norm(2, 1, true), alone, 1e-5, 1e-5));
}

TEST_F(AugmentationTest, RotationKeepsNormsAndHands) {
  for (const AugmentationOptions& options :
       {AugmentationOptions{.rotate_degrees = 180}, AugmentationOptions{.permute_axes = 1},
        AugmentationOptions{.rotate_degrees = 45, .permute_axes = 0.5}}) {
    const auto turned = matrices(options);
    EXPECT_TRUE(
        torch::allclose(turned.bmm(turned.transpose(1, 2)), torch::eye(3).expand({kWindows, 3, 3}), 1e-5, 1e-5));
    EXPECT_TRUE(torch::allclose(torch::linalg_det(turned), torch::ones(kWindows), 1e-5, 1e-5));
    const auto accel = random_windows();
    EXPECT_TRUE(torch::allclose(augmented(accel, options).norm(2, 1), accel.norm(2, 1), 1e-4, 1e-4));
  }
}

TEST_F(AugmentationTest, RotationTurnsTheWholeWindowAndItsMean) {
  auto accel = random_windows();
  accel.select(1, 2) += 9.81;
  const auto turned = augmented(accel, {.rotate_degrees = 90});
  EXPECT_TRUE(torch::allclose(turned.mean(2).norm(2, 1), accel.mean(2).norm(2, 1), 1e-4, 1e-4));  // not scaled
  EXPECT_GT((turned.mean(2) - accel.mean(2)).norm(2, 1).max().item<double>(), 9.81 / 2);          // but turned
  // One rotation for all samples: the angles between them stay.
  const auto products = [](const torch::Tensor& windows) { return windows.transpose(1, 2).bmm(windows); };
  EXPECT_TRUE(torch::allclose(products(turned), products(accel), 1e-3, 1e-2));
}

TEST_F(AugmentationTest, RotatesUpToTheAngleAboutAnyAxis) {
  const auto turned = matrices({.rotate_degrees = 30});
  const auto trace = turned.diagonal(0, 1, 2).sum(1);
  const auto degrees = ((trace - 1) / 2).clamp(-1, 1).acos().rad2deg();
  EXPECT_LE(degrees.max().item<double>(), 30.1);
  EXPECT_NEAR(degrees.mean().item<double>(), 15, 1);  // uniform
  const auto axis = torch::stack({turned.select(1, 2).select(1, 1) - turned.select(1, 1).select(1, 2),
                                  turned.select(1, 0).select(1, 2) - turned.select(1, 2).select(1, 0),
                                  turned.select(1, 1).select(1, 0) - turned.select(1, 0).select(1, 1)},
                                 1);
  const auto unit = axis / axis.norm(2, 1, true);
  for (int i = 0; i < 3; ++i) {  // no direction is preferred
    EXPECT_NEAR(unit.select(1, i).mean().item<double>(), 0, 0.06);
    EXPECT_NEAR(unit.select(1, i).square().mean().item<double>(), 1.0 / 3, 0.03);
  }
}

TEST_F(AugmentationTest, PermutesAxesInAll24WaysAsOftenAsAsked) {
  std::set<std::string> ways;
  const auto turned = matrices({.permute_axes = 1});
  for (std::int64_t n = 0; n < kWindows; ++n) {
    std::string way;
    for (const auto& value : turned[n].flatten().split(1)) way += std::to_string(value.item<int>());
    ways.insert(way);
  }
  EXPECT_EQ(ways.size(), 24U);
  EXPECT_TRUE(((turned == 0) | (turned.abs() == 1)).all().item<bool>());

  const auto seldom = matrices({.permute_axes = 0.25});
  const auto untouched = (seldom == torch::eye(3)).flatten(1).all(1).to(torch::kFloat64).mean().item<double>();
  EXPECT_NEAR(untouched, 1 - 0.25 * 23 / 24, 0.04);
}

TEST_F(AugmentationTest, ScalesAWindowByOneFactorWithinItsRange) {
  const auto accel = random_windows(kWindows);
  const auto ratio = augmented(accel, {.scaling = 0.25}) / accel;
  const auto factor = ratio.select(2, 0).select(1, 0);
  EXPECT_TRUE(torch::allclose(ratio, factor.view({-1, 1, 1}).expand_as(ratio), 1e-4, 1e-4));
  EXPECT_GE(factor.min().item<double>(), 1 / 1.25 - 1e-4);
  EXPECT_LE(factor.max().item<double>(), 1.25 + 1e-4);
  EXPECT_NEAR(factor.log().mean().item<double>(), 0, 0.01);  // as often up as down
}

TEST_F(AugmentationTest, WarpsTimeForwardOnlyWithinItsSpeedAndKeepsTheEnds) {
  const auto time = torch::arange(100, torch::kFloat32).expand({kWindows, 3, 100}).contiguous();
  const auto warped = augmented(time, {.time_warp = 0.3});
  EXPECT_LT(warped.select(2, 0).abs().max().item<double>(), 1e-3);
  EXPECT_LT((warped.select(2, 99) - 99).abs().max().item<double>(), 1e-3);
  const auto speed = warped.diff(1, 2);
  EXPECT_GE(speed.min().item<double>(), 0.7 - 1e-3);
  EXPECT_LE(speed.max().item<double>(), 1.3 + 1e-3);
  EXPECT_LT(speed.min().item<double>(), 0.75);  // and it uses its range
  EXPECT_GT(speed.max().item<double>(), 1.25);
  EXPECT_TRUE(torch::equal(warped.select(1, 0), warped.select(1, 2)));  // one time for all axes
  const auto accel = random_windows();
  const auto result = augmented(accel, {.time_warp = 0.3});
  EXPECT_TRUE((result.amax(2) <= accel.amax(2) + 1e-4).all().item<bool>());  // between samples, never beyond them
  EXPECT_TRUE((result.amin(2) >= accel.amin(2) - 1e-4).all().item<bool>());
}

TEST_F(AugmentationTest, WorksOnBatchesOfAnySize) {
  const AugmentationOptions all{.rotate_degrees = 30, .permute_axes = 0.5, .time_warp = 0.2, .scaling = 0.3};
  EXPECT_EQ(augmented(torch::randn({1, 3, 2}), all).sizes(), at::IntArrayRef({1, 3, 2}));
  EXPECT_EQ(augmented(torch::randn({0, 3, 100}), all).sizes(), at::IntArrayRef({0, 3, 100}));
}

TEST_F(AugmentationTest, RefusesOptionsOutOfRange) {
  const auto refused = [](const AugmentationOptions& options, const char* name) {
    EXPECT_THAT([&] { Augmentation(options, torch::kCPU); }, ThrowsMessage<std::runtime_error>(HasSubstr(name)));
  };
  refused({.rotate_degrees = -1}, "rotate_degrees");
  refused({.rotate_degrees = 181}, "rotate_degrees");
  refused({.permute_axes = 1.1}, "permute_axes");
  refused({.time_warp = 0.95}, "time_warp");
  refused({.scaling = std::numeric_limits<double>::quiet_NaN()}, "scaling");
}

}  // namespace
}  // namespace propriod::train
