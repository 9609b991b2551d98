#include "train/paired_forward.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace propriod::train {
namespace {

TEST(PairedForward, GivesWhatEachNetworkGivesAlone) {
  const auto before = at::get_num_threads();
  torch::manual_seed(2);
  const auto student = model::make_network({.name = "mtl-net"}, 100, 12, 3);
  const auto teacher = model::make_network({.name = "mtl-net"}, 100, 12, 3);
  const auto accel = torch::randn({64, 3, 100});
  const auto alone = student->forward(accel);
  const auto alone_teacher = teacher->forward(accel);
  for (const int threads : {1, 2, 3, 4}) {
    SCOPED_TRACE(threads);
    at::set_num_threads(threads);
    const auto [ours, theirs] = forward_both(*student, *teacher, accel);
    EXPECT_TRUE(torch::allclose(ours.activity, alone.activity, 1e-5, 1e-5));
    EXPECT_TRUE(torch::allclose(ours.placement, alone.placement, 1e-5, 1e-5));
    EXPECT_TRUE(torch::allclose(theirs.activity, alone_teacher.activity, 1e-5, 1e-5));
    EXPECT_TRUE(torch::allclose(theirs.placement, alone_teacher.placement, 1e-5, 1e-5));
    EXPECT_TRUE(ours.activity.requires_grad());
    EXPECT_FALSE(theirs.activity.requires_grad());
  }
  at::set_num_threads(before);
}

}  // namespace
}  // namespace propriod::train
