#include "train/paired_forward.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace propriod::train {
namespace {

/// Restores the number of threads.
class PairedForward : public testing::TestWithParam<int> {
 protected:
  PairedForward() { torch::manual_seed(2); }
  ~PairedForward() override { at::set_num_threads(before_); }

  static std::shared_ptr<model::Network> network(const std::string& name) {
    return model::make_network({.name = name}, 100, 12, 3);
  }

  torch::Tensor accel_ = torch::randn({64, 3, 100});

 private:
  int before_ = at::get_num_threads();
};

TEST_P(PairedForward, GivesWhatEachNetworkGivesAlone) {
  const auto student = network("mtl-net");
  const auto teacher = network("mtl-net");
  const auto alone = student->forward(accel_);
  alone.activity.sum().backward();
  std::vector<torch::Tensor> gradients;
  for (const auto& item : student->named_parameters()) {
    gradients.push_back(item.value().grad().defined() ? item.value().grad().clone() : torch::Tensor());
  }
  student->zero_grad();
  const auto alone_teacher = teacher->forward(accel_);
  at::set_num_threads(GetParam());

  const auto [ours, theirs] = forward_both(*student, *teacher, accel_);
  EXPECT_TRUE(torch::allclose(ours.activity, alone.activity, 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(ours.placement, alone.placement, 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(theirs.activity, alone_teacher.activity, 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(theirs.placement, alone_teacher.placement, 1e-5, 1e-5));
  EXPECT_FALSE(theirs.activity.requires_grad());
  ours.activity.sum().backward();
  const auto parameters = student->parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!gradients[i].defined()) continue;
    EXPECT_TRUE(
        torch::allclose(parameters[i].grad(), gradients[i], 1e-4, 1e-5 * gradients[i].abs().max().item<double>()));
  }
}

TEST_P(PairedForward, DrawsDropoutAsTheStudentAlone) {
  const auto student = network("mtl-net-compact");
  const auto teacher = network("mtl-net-compact");
  teacher->eval();
  const auto draw = [&] {
    torch::manual_seed(9);
    return forward_both(*student, *teacher, accel_).student.activity;
  };
  at::set_num_threads(1);
  const auto alone = draw();
  at::set_num_threads(GetParam());
  EXPECT_TRUE(torch::allclose(draw(), alone, 1e-4, 1e-4));
}

class Failing final : public model::Network {
 public:
  Failing() : Network(1, {.activities = 2, .placements = 2}) {}
  torch::Tensor features(const torch::Tensor& /*accel*/) override { throw std::runtime_error("no features"); }

 private:
  [[nodiscard]] std::int64_t feature_flops() const override { return 0; }
};

TEST_P(PairedForward, ThrowsWhatEitherThrows) {
  Failing failing;
  const auto sound = network("mtl-net");
  at::set_num_threads(GetParam());
  EXPECT_THROW((void)forward_both(failing, *sound, accel_), std::runtime_error);
  EXPECT_THROW((void)forward_both(*sound, failing, accel_), std::runtime_error);
  EXPECT_TRUE(torch::GradMode::is_enabled());
}

INSTANTIATE_TEST_SUITE_P(Threads, PairedForward, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace propriod::train
