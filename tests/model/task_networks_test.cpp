#include "model/task_networks.hpp"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <stdexcept>

#include "model/model_store.hpp"
#include "model/recognizer.hpp"
#include "tests/model/formula_weights.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::model {
namespace {

const Manifest::Architecture kSeparate{.name = "mtl-net-compact", .separate_tasks = true};

std::shared_ptr<TaskNetworks> task_networks() {
  auto networks = std::dynamic_pointer_cast<TaskNetworks>(network(kSeparate));
  if (!networks) throw std::runtime_error("make_network made something else");
  networks->eval();
  return networks;
}

TEST(TaskNetworks, SayOfEachTaskWhatItsOwnNetworkSays) {
  const auto networks = task_networks();
  const auto accel = torch::randn({5, 3, 100});
  const auto features = networks->features(accel);
  EXPECT_EQ(features.sizes(), at::IntArrayRef({5, networks->feature_count()}));
  const auto together = networks->heads(features);
  EXPECT_EQ(together.activity.sizes(), at::IntArrayRef({5, 12}));
  EXPECT_EQ(together.placement.sizes(), at::IntArrayRef({5, 3}));
  EXPECT_TRUE(torch::allclose(together.activity, networks->activity_network()->forward(accel).activity));
  EXPECT_TRUE(torch::allclose(together.placement, networks->placement_network()->forward(accel).placement));
}

TEST(TaskNetworks, ShareNothing) {
  const auto networks = task_networks();
  networks->forward(torch::randn({5, 3, 100})).activity.sum().backward();
  for (const auto& parameter : networks->activity_network()->parameters()) EXPECT_TRUE(parameter.grad().defined());
  for (const auto& parameter : networks->placement_network()->parameters()) {
    // The features were joined, so a gradient may be there, but it says nothing.
    if (!parameter.grad().defined()) continue;
    EXPECT_EQ(parameter.grad().abs().max().item<float>(), 0);
  }
}

TEST(TaskNetworks, CostWhatBothCost) {
  for (const auto name : architectures()) {
    SCOPED_TRACE(name);
    const auto one = [&](std::size_t activities, std::size_t placements) {
      return make_network({.name = std::string(name)}, 100, activities, placements);
    };
    const auto activity = one(12, 0);
    const auto placement = one(0, 3);
    const auto both = network(Manifest::Architecture{.name = std::string(name), .separate_tasks = true});
    EXPECT_EQ(both->parameter_count(), activity->parameter_count() + placement->parameter_count());
    EXPECT_EQ(both->flops(), activity->flops() + placement->flops());
    EXPECT_EQ(both->flops_computed(), activity->flops_computed() + placement->flops_computed());
  }
}

TEST(TaskNetworks, AreServedAsOneBundle) {
  const tests::TemporaryDirectory directory;
  const auto networks = task_networks();
  const auto weights = weights_of(*networks);
  auto manifest = bundle_with({}, kSeparate).manifest;
  manifest.data.format = "propriod";
  manifest.data.fingerprint = std::string(64, 'a');
  manifest.program_version = "0.1.0";
  ModelStore store(directory.path() / "sleep");
  auto bundle = load_bundle(store.publish(manifest, weights, "{}", /*promote=*/true));
  EXPECT_EQ(bundle.manifest.architecture, kSeparate);

  Recognizer recognizer(std::move(bundle));
  EXPECT_EQ(recognizer.parameters(), networks->parameter_count());
  auto windows = scaled("accel", 2 * 300, 40);
  Probabilities served;
  recognizer.recognize(windows, served);
  const auto trained = networks->forward(torch::from_blob(windows.data(), {2, 3, 100}));
  const auto activity = trained.activity.softmax(1).flatten();
  const auto placement = trained.placement.softmax(1).flatten();
  ASSERT_EQ(served.activity.size(), 24U);
  ASSERT_EQ(served.placement.size(), 6U);
  for (std::size_t i = 0; i < 24; ++i) {
    EXPECT_NEAR(served.activity[i], activity[static_cast<std::int64_t>(i)].item<float>(), 1e-6);
  }
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(served.placement[i], placement[static_cast<std::int64_t>(i)].item<float>(), 1e-6);
  }
}

}  // namespace
}  // namespace propriod::model
