#include "model/network.hpp"

#include <gmock/gmock.h>
#include <torch/torch.h>
#include <zlib.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "model/errors.hpp"
#include "model/recognizer.hpp"

namespace propriod::model {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// As `spread` in make_logits_fixture.py.
std::vector<double> spread(const std::string& name, std::size_t count) {
  const auto seed = crc32(0, reinterpret_cast<const Bytef*>(name.data()), static_cast<uInt>(name.size()));
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<double>((i * 2654435761U + seed) % (1ULL << 32)) / static_cast<double>(1ULL << 32) - 0.5;
  }
  return values;
}

std::vector<float> scaled(const std::string& name, std::size_t count, double scale) {
  std::vector<float> result;
  for (const double value : spread(name, count)) result.push_back(static_cast<float>(value * scale));
  return result;
}

std::vector<NamedTensor> formula_weights(const Network& network) {
  auto weights = weights_of(network);
  for (auto& weight : weights) {
    const auto values = weight.values.size();
    const auto fan_in = weight.shape.size() > 1 ? values / static_cast<std::size_t>(weight.shape[0]) : 100;
    weight.values = scaled(weight.name, values, 2 / std::sqrt(static_cast<double>(fan_in)));
  }
  return weights;
}

std::shared_ptr<Network> network(const std::string& name, bool batch_norm = false) {
  return make_network({.name = name, .batch_norm = batch_norm}, /*window=*/100, /*activities=*/12, /*placements=*/3);
}

TEST(Network, HasThePublishedNumberOfParametersAndOperations) {
  EXPECT_EQ(network("mtl-net-published")->parameter_count(), 1'797'519);
  EXPECT_EQ(network("mtl-net-published")->flops(), 5'008'128);
  EXPECT_EQ(network("mtl-net")->parameter_count(), 1'798'095);  // two more input channels of 32 kernels of 9
  EXPECT_EQ(network("mtl-net")->flops(), 5'114'112);
}

class Logits : public testing::TestWithParam<std::string> {};

/// Same weights, same windows: does LibTorch here say what PyTorch says? Fixture: make_logits_fixture.py.
TEST_P(Logits, EqualThoseOfPyTorch) {
  const auto fixture = nlohmann::json::parse(std::ifstream(PROPRIOD_LOGITS_FIXTURE));
  const auto windows = fixture.at("windows").get<std::int64_t>();
  auto net = network(GetParam());
  load_weights(*net, formula_weights(*net));
  net->eval();
  auto accel = scaled("accel", static_cast<std::size_t>(windows) * 300, 40);
  const torch::NoGradGuard no_grad;
  const auto logits = net->forward(torch::from_blob(accel.data(), {windows, 3, 100}));
  const auto compare = [&](const torch::Tensor& ours, const char* head) {
    const auto theirs = fixture.at(GetParam()).at(head).get<std::vector<std::vector<double>>>();
    for (std::size_t n = 0; n < theirs.size(); ++n) {
      for (std::size_t k = 0; k < theirs[n].size(); ++k) {
        EXPECT_NEAR(ours[static_cast<std::int64_t>(n)][static_cast<std::int64_t>(k)].item<double>(), theirs[n][k],
                    1e-5);
      }
    }
  };
  compare(logits.activity, "activity");
  compare(logits.placement, "placement");
}

INSTANTIATE_TEST_SUITE_P(OfBothVariants, Logits, testing::Values("mtl-net", "mtl-net-published"),
                         [](const auto& tested) { return tested.param == "mtl-net" ? "MtlNet" : "MtlNetPublished"; });

TEST(Network, PublishedVariantIgnoresAllButTheFirstRowAsItsDocumentationSays) {
  auto net = network("mtl-net-published");
  net->eval();
  auto accel = torch::randn({1, 3, 100});
  const auto before = net->forward(accel).activity;
  accel.slice(/*dim=*/2, 34) += 100;  // rows two and three are the samples from index 33⅓ on
  EXPECT_TRUE(torch::equal(net->forward(accel).activity, before));
}

TEST(Network, WeightsSurviveTheWayOutAndIn) {
  for (const bool batch_norm : {false, true}) {
    const auto from = network("mtl-net", batch_norm);
    const auto to = network("mtl-net", batch_norm);
    load_weights(*to, weights_of(*from));
    EXPECT_EQ(weights_of(*to), weights_of(*from));
  }
}

TEST(Network, RefusesWeightsThatDoNotFitAndStaysAsItWas) {
  auto net = network("mtl-net");
  const auto original = weights_of(*net);
  auto weights = formula_weights(*net);
  weights[0].name = "surplus";
  EXPECT_THAT([&] { load_weights(*net, weights); }, ThrowsMessage<BundleError>(HasSubstr("surplus")));
  weights = formula_weights(*net);
  weights.pop_back();
  EXPECT_THAT([&] { load_weights(*net, weights); }, ThrowsMessage<BundleError>(HasSubstr("is missing")));
  weights = formula_weights(*net);
  weights[0].shape = {1, static_cast<std::int64_t>(weights[0].values.size())};
  EXPECT_THAT([&] { load_weights(*net, weights); }, ThrowsMessage<BundleError>(HasSubstr("has shape")));
  EXPECT_EQ(weights_of(*net), original);
}

TEST(Network, NamesWhatItKnowsWhenAskedForSomethingElse) {
  EXPECT_THAT([] { (void)network("mtl-nett"); }, ThrowsMessage<BundleError>(HasSubstr("mtl-net-published")));
  EXPECT_THAT([] { (void)make_network({}, /*window=*/20, 2, 2); },
              ThrowsMessage<BundleError>(HasSubstr("at least 26")));
}

Bundle bundle_with(const std::vector<NamedTensor>& weights, double scale = 1) {
  Manifest manifest;
  for (int k = 0; k < 12; ++k) manifest.activities.push_back("activity" + std::to_string(k));
  manifest.placements = {"chest", "neck", "abdomen"};
  manifest.input.scale = scale;
  return {.directory = "sleep/1", .manifest = manifest, .weights = weights};
}

TEST(Recognizer, GivesProbabilitiesThatDoNotDependOnTheBatch) {
  Recognizer recognizer(bundle_with(formula_weights(*network("mtl-net"))));
  const auto windows = scaled("accel", 7 * 300, 40);
  Probabilities together;
  recognizer.recognize(windows, together);
  ASSERT_EQ(together.activity.size(), 7U * 12);
  ASSERT_EQ(together.placement.size(), 7U * 3);
  EXPECT_NEAR(std::accumulate(together.activity.begin(), together.activity.begin() + 12, 0.0), 1, 1e-6);
  for (std::size_t n = 0; n < 7; ++n) {
    Probabilities alone;
    recognizer.recognize(std::span(windows).subspan(n * 300, 300), alone);
    for (std::size_t k = 0; k < 12; ++k) EXPECT_NEAR(alone.activity[k], together.activity[n * 12 + k], 1e-6);
  }
  recognizer.recognize({}, together);
  EXPECT_TRUE(together.activity.empty());
}

TEST(Recognizer, ScalesItsInputAsTheManifestSays) {
  const auto weights = formula_weights(*network("mtl-net"));
  const auto windows = scaled("accel", 300, 40);
  auto doubled = windows;
  for (auto& value : doubled) value *= 2;
  Probabilities scaled_inside;
  Probabilities scaled_outside;
  Recognizer(bundle_with(weights, 2)).recognize(windows, scaled_inside);
  Recognizer(bundle_with(weights)).recognize(doubled, scaled_outside);
  EXPECT_EQ(scaled_inside.activity, scaled_outside.activity);
}

TEST(Recognizer, RefusesABundleWhoseWeightsAreOfAnotherNetwork) {
  EXPECT_THAT([] { Recognizer(bundle_with(weights_of(*network("mtl-net-published")))); },
              ThrowsMessage<BundleError>(HasSubstr("sleep/1: weights don't fit the manifest: tensor conv1.weight")));
}

}  // namespace
}  // namespace propriod::model
